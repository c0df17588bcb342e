package subprocess

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// A Process is a command that was started. Its methods may be called by any task or
// goroutine. It stands for asyncio.subprocess.Process.
type Process struct {
	Pid int // of the process; other processes get it once this one is over

	// The standard streams that are pipes; the others are nil.
	Stdin          *stream.Writer
	Stdout, Stderr *stream.Reader

	core *core
}

// Wait waits until the process has exited and returns its code, as
// [Process.ReturnCode] does. A code that is not zero is no error. Output that was not
// read stays in the pipes, which hold up a process that writes more than they take:
// then read, or use [Process.Communicate].
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine, in a
// bare callback it returns loop.ErrWouldBlock instead of waiting. If ctx is done, or
// the task is canceled, while it waits, it returns that; if ctx is not the one with
// which the process was started, the process goes on. Any number may wait, and wait
// again. It stands for Process.wait.
func (p *Process) Wait(ctx context.Context) (code int, err error) {
	c := p.core
	for {
		if code, over := c.returnCode(); over {
			return code, nil
		}
		if err := c.wait(ctx); err != nil {
			return 0, err
		}
		runtime.KeepAlive(p)
	}
}

// ReturnCode returns what the process has exited with, and whether it has. A process
// that a signal has ended has its number, less than zero. It stands for
// Process.returncode.
func (p *Process) ReturnCode() (code int, over bool) { return p.core.returnCode() }

// State returns what os/exec knows of the process that has exited, the time it took
// say; nil while it runs.
func (p *Process) State() *os.ProcessState {
	p.core.mu.Lock()
	defer p.core.mu.Unlock()
	return p.core.state
}

// SendSignal sends a signal to the process, and not to what it has started; see
// [Process.SignalGroup]. Once it has exited that returns os.ErrProcessDone. It stands
// for Process.send_signal.
func (p *Process) SendSignal(sig os.Signal) error {
	if _, over := p.core.returnCode(); over {
		return os.ErrProcessDone
	}
	return p.core.cmd.Process.Signal(sig)
}

// Terminate asks the process to end, by SIGTERM. On Windows it is [Process.Kill]. It
// stands for Process.terminate.
func (p *Process) Terminate() error {
	if _, over := p.core.returnCode(); over {
		return os.ErrProcessDone
	}
	return terminate(p.core.cmd.Process)
}

// Kill ends the process at once, and not what it has started; see
// [Process.KillGroup]. Once it has exited it returns os.ErrProcessDone. It stands for
// Process.kill.
func (p *Process) Kill() error {
	if _, over := p.core.returnCode(); over {
		return os.ErrProcessDone
	}
	return p.core.cmd.Process.Kill()
}

// SignalGroup sends a signal to the process and to all that it has started and that has
// not gone to a group of its own, also after the process itself has exited. It returns
// os.ErrProcessDone if nothing of that is left, [ErrNoGroup] with Options.ShareGroup,
// and on Windows an error that wraps errors.ErrUnsupported. It stands for os.killpg.
func (p *Process) SignalGroup(sig os.Signal) error { return p.core.signalGroup(sig) }

// TerminateGroup is [Process.SignalGroup] with SIGTERM.
func (p *Process) TerminateGroup() error { return p.core.signalGroup(termination) }

// KillGroup is [Process.SignalGroup] with SIGKILL.
func (p *Process) KillGroup() error { return p.core.signalGroup(os.Kill) }

// Close kills the process and its group, if they still run, and closes the pipes. It
// does not wait, returns nil, and may be called again. It is for a defer, and for a
// program that reads no more. It stands for what asyncio does with a process that
// is out of reach.
func (p *Process) Close() error {
	p.core.kill()
	if p.Stdin != nil {
		p.Stdin.Abort()
	}
	for _, r := range []*stream.Reader{p.Stdout, p.Stderr} {
		if r != nil {
			_ = r.Close() // it never fails
		}
	}
	return nil
}

// Cmd returns the command of os/exec. It is for looking at: this package has started it
// and waits for it.
func (p *Process) Cmd() *exec.Cmd { return p.core.cmd }

// String describes the process for logs.
func (p *Process) String() string {
	if code, over := p.core.returnCode(); over {
		return fmt.Sprintf("<Process %d exited %d>", p.Pid, code)
	}
	return fmt.Sprintf("<Process %d running>", p.Pid)
}

func (c *core) returnCode() (code int, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == nil {
		return 0, false
	}
	return codeOf(c.state), true
}

func (c *core) wait(ctx context.Context) error {
	w, err := waitlist.New(ctx, &c.mu, "Process.Wait")
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != nil {
		w.Drop()
		return nil
	}
	w.Join(&c.waiting)
	return w.Wait(ctx, nothing{})
}

// nothing is what a waiter has to pass on when it gives up.
type nothing struct{}

func (nothing) GaveUp(*waitlist.List, bool) {}
