package subprocess

import (
	"context"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// A core is what the goroutines and the loop know of a process: not its output, which
// belongs to its readers.
//
//	runs ── its context ends ──► asked to terminate ── the grace is over ──► killed
//	  └──────────────────────────────┴── it exits, and is reaped ───────────────┘
type core struct {
	cmd    *exec.Cmd
	grace  time.Duration
	group  bool // it has one of its own, or had
	stdin  *stream.Writer
	forget func() // takes back what the loop does at its end; may be nil

	mu      sync.Mutex       // guards what follows
	state   *os.ProcessState // nil while it runs
	unwatch func() bool      // ends the watch over the context
	ending  *time.Timer      // the grace runs, for what is left of the group too
	alone   bool             // nothing of the group was left when the process had exited
	waiting waitlist.List
}

// reap is the goroutine that waits for the process, so that no zombie is left.
func (c *core) reap() {
	_ = c.cmd.Wait() // the state tells
	alone := !c.groupLives()
	c.mu.Lock()
	c.state, c.alone = c.cmd.ProcessState, alone
	unwatch, ending := c.unwatch, c.ending
	c.waiting.PopAll()
	c.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
	if ending != nil && alone {
		ending.Stop()
	}
	if c.stdin != nil {
		c.stdin.Abort() // nothing reads it any more
	}
	if c.forget != nil {
		c.forget()
	}
}

// watch ends the process when ctx does.
func (c *core) watch(ctx context.Context) {
	unwatch := context.AfterFunc(ctx, c.end)
	c.mu.Lock()
	over := c.state != nil
	c.unwatch = unwatch
	c.mu.Unlock()
	if over {
		unwatch()
	}
}

// end asks the process to terminate, and sees to it that it does.
func (c *core) end() {
	if c.grace < 0 {
		c.kill()
		return
	}
	grace := c.grace
	if grace == 0 {
		grace = DefaultGrace
	}
	c.mu.Lock()
	first := c.state == nil && c.ending == nil
	if first {
		c.ending = time.AfterFunc(grace, c.kill)
	}
	c.mu.Unlock()
	if first {
		c.ask()
	}
}

// groupGone reports whether the group's id may be another group's by now.
func (c *core) groupGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.alone
}

// ask sends the request to terminate.
func (c *core) ask() {
	if c.group && c.signalGroup(termination) == nil {
		return
	}
	_ = terminate(c.cmd.Process) // if it has exited, so much the better
}

// kill ends what is left of the process and of its group.
func (c *core) kill() {
	if c.group && c.signalGroup(os.Kill) == nil {
		return
	}
	_ = c.cmd.Process.Kill() // if it has exited, so much the better
}
