package loop

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
)

// runningLoops holds the loops of the process that run, as keys.
var runningLoops sync.Map

// loopsBegun numbers the runs of loops.
var loopsBegun atomic.Uint64

// A TaskInfo describes a task at the moment of a dump.
type TaskInfo struct {
	ID        uint64   `json:"id"`
	Name      string   `json:"name"`
	State     string   `json:"state"` // scheduled, running, suspended or cancelling
	Goroutine int64    `json:"goroutine,omitempty"`
	Awaits    []uint64 `json:"awaits,omitempty"` // ids of the tasks for which it waits
	Stack     []Frame  `json:"stack,omitempty"`  // innermost call first
	Created   string   `json:"created,omitempty"`
}

// A LoopInfo describes a loop at the moment of a dump.
type LoopInfo struct {
	Tasks []TaskInfo `json:"tasks"` // those that are not done, oldest first

	// Lag is how long the loop took to answer: how late a callback runs that is
	// ready now.
	Lag time.Duration `json:"lag_ns"`

	// Blocked says what the loop was stuck in, if it did not answer; which task
	// waits for which is then unknown.
	Blocked string `json:"blocked,omitempty"`
}

// Dump describes every task of the loop: what it is doing, where, and for which
// tasks it waits. Any goroutine may call it. The loop answers between two
// callbacks; if it has not when ctx ends, Dump returns what can be seen from
// outside, and says what the loop is stuck in.
//
// It stops the world for the time of a stack dump, and leaves the stacks out if
// there are more than 50 000 goroutines. It stands for what python -m asyncio ps
// shows; package [github.com/seed-1b9fde7b/asyncgo/loop/debugz] serves it.
func (l *Loop) Dump(ctx context.Context) (LoopInfo, error) {
	if l.closed.Load() {
		return LoopInfo{}, ErrClosed
	}
	if l.owned() {
		info := l.describe(true)
		info.addStacks()
		return info, nil
	}
	if !l.running.Load() {
		return LoopInfo{}, errors.New("loop: Dump: the loop does not run")
	}
	info, err := l.ask(ctx)
	if err != nil {
		return LoopInfo{}, err
	}
	info.addStacks()
	return info, nil
}

// ask is Dump from outside, without the stacks.
func (l *Loop) ask(ctx context.Context) (info LoopInfo, err error) {
	answer := make(chan LoopInfo, 1)
	asked := time.Now()
	err = l.Post(func() {
		lag := time.Since(asked)
		info := l.describe(true)
		info.Lag = lag
		answer <- info
	})
	if err != nil {
		return LoopInfo{}, err
	}
	select {
	case info = <-answer:
	case <-ctx.Done():
		info = l.describe(false)
		b := l.whoBlocks()
		info.Blocked = b.Task
		if b.Task == "" {
			info.Blocked = b.Callback
			info.noneRuns()
		}
		info.Lag = time.Since(asked)
	}
	return info, nil
}

// DumpAll returns what [Loop.Dump] says of each running loop of the process, the oldest
// loop first. It asks all of them at the same time, so a blocked loop does not delay the
// others.
func DumpAll(ctx context.Context) []LoopInfo {
	var loops []*Loop
	runningLoops.Range(func(key, _ any) bool {
		loops = append(loops, key.(*Loop))
		return true
	})
	slices.SortFunc(loops, func(a, b *Loop) int { return cmp.Compare(a.begun.Load(), b.begun.Load()) })
	all := make([]*LoopInfo, len(loops))
	var asked sync.WaitGroup
	for i, l := range loops {
		// The caller may be a task: what its own loop shows only it can see.
		if l.owned() {
			if info, err := l.Dump(ctx); err == nil {
				all[i] = &info
			}
			continue
		}
		asked.Go(func() {
			if info, err := l.Dump(ctx); err == nil { // else it has stopped meanwhile
				all[i] = &info
			}
		})
	}
	asked.Wait()
	infos := make([]LoopInfo, 0, len(all))
	for _, info := range all {
		if info != nil {
			infos = append(infos, *info)
		}
	}
	return infos
}

// describe lists the tasks; onLoop says that their state may be looked at.
func (l *Loop) describe(onLoop bool) LoopInfo {
	owner := l.owner.Load()
	tasks := l.tasks.snapshot()
	info := LoopInfo{Tasks: make([]TaskInfo, len(tasks))}
	for i, t := range tasks {
		gid := t.gid.Load()
		d := TaskInfo{ID: t.id, Name: t.getName(), Goroutine: gid, Created: t.site.String()}
		switch {
		case gid == 0:
			d.State = "scheduled"
		case gid == owner && (!onLoop || !t.lent):
			d.State = "running"
		case t.requests.Load() > 0:
			d.State = "cancelling"
		default:
			d.State = "suspended"
		}
		if onLoop {
			for _, other := range t.awaits() {
				d.Awaits = append(d.Awaits, other.id)
			}
		}
		info.Tasks[i] = d
	}
	return info
}

// noneRuns takes back that a task runs, if it is known that a callback does.
func (info *LoopInfo) noneRuns() {
	for i := range info.Tasks {
		if t := &info.Tasks[i]; t.State == "running" {
			t.State = "suspended"
		}
	}
}

func (info *LoopInfo) addStacks() {
	all, _ := stacks.All()
	for i := range info.Tasks {
		t := &info.Tasks[i]
		if t.Goroutine != 0 {
			t.Stack = publicFrames(all[t.Goroutine].Frames)
		}
	}
}
