package loop

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
)

// runningLoops holds the loops of the process that run, as keys.
var runningLoops sync.Map

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
	answer := make(chan LoopInfo, 1)
	if err := l.Post(func() { answer <- l.describe(true) }); err != nil {
		return LoopInfo{}, err
	}
	var info LoopInfo
	select {
	case info = <-answer:
	case <-ctx.Done():
		info = l.describe(false)
		b := l.whoBlocks()
		info.Blocked = b.Task
		if b.Task == "" {
			info.Blocked = b.Callback
		}
	}
	info.addStacks()
	return info, nil
}

// DumpAll is [Loop.Dump] for every loop of the process that runs.
func DumpAll(ctx context.Context) []LoopInfo {
	var all []LoopInfo
	runningLoops.Range(func(key, _ any) bool {
		if info, err := key.(*Loop).Dump(ctx); err == nil { // else it has stopped meanwhile
			all = append(all, info)
		}
		return true
	})
	return all
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
		case gid == owner:
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

func (info *LoopInfo) addStacks() {
	all, _ := stacks.All()
	for i := range info.Tasks {
		t := &info.Tasks[i]
		if t.Goroutine != 0 {
			t.Stack = publicFrames(all[t.Goroutine].Frames)
		}
	}
}
