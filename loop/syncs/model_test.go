package syncs_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// A refWaiter is a task of the reference that acquires once.
type refWaiter struct {
	id       int
	started  bool
	parked   bool
	finished bool
	woken    bool // its future has a result
	canceled bool // its future is canceled
	must     bool // the task was canceled and has not been told
}

// A ref is asyncio's Lock or Semaphore and the part of its loop that matters, as
// naively as can be: futures in a list, and a queue of steps.
type ref struct {
	isLock  bool
	value   int // a lock has 1 while it is free
	waiters []*refWaiter
	ready   []*refWaiter
	trace   []string
}

func (r *ref) live() bool {
	return slices.ContainsFunc(r.waiters, func(w *refWaiter) bool { return !w.canceled })
}

func (r *ref) take() bool {
	if r.value == 0 || r.live() {
		return false
	}
	r.value--
	return true
}

// wake wakes the first that waits; for a lock only if that is the very first.
func (r *ref) wake() bool {
	for _, w := range r.waiters {
		if !w.woken && !w.canceled {
			if !r.isLock {
				r.value--
			}
			w.woken = true
			r.ready = append(r.ready, w)
			return true
		}
		if r.isLock {
			return false
		}
	}
	return false
}

func (r *ref) handOut() {
	for r.value > 0 && r.wake() && !r.isLock {
	}
}

func (r *ref) release() bool {
	if r.isLock && r.value == 1 {
		return false
	}
	r.value++
	r.wake()
	return true
}

func (r *ref) cancel(w *refWaiter) {
	switch {
	case w.finished:
	case w.parked && !w.woken && !w.canceled:
		w.canceled = true
		r.ready = append(r.ready, w)
	default:
		w.must = true
	}
}

func (r *ref) end(w *refWaiter, how string) {
	w.finished, w.parked = true, false
	r.trace = append(r.trace, fmt.Sprintf("%d %s", w.id, how))
}

func (r *ref) step(w *refWaiter) {
	switch {
	case !w.started && w.must:
		w.finished = true // and its body never runs
	case !w.started:
		w.started = true
		if r.take() {
			r.end(w, "got")
			return
		}
		w.parked = true
		r.waiters = append(r.waiters, w)
	default:
		r.waiters = slices.DeleteFunc(r.waiters, func(other *refWaiter) bool { return other == w })
		if w.canceled || w.must {
			if w.woken && !r.isLock {
				r.value++
			}
			r.handOut()
			r.end(w, "canceled")
			return
		}
		if r.isLock {
			r.value--
		} else {
			r.handOut()
		}
		r.end(w, "got")
	}
}

// turn is one iteration of the loop.
func (r *ref) turn() {
	batch := r.ready
	r.ready = nil
	for _, w := range batch {
		r.step(w)
	}
}

func (r *ref) String() string {
	kind, state := "Semaphore", "locked"
	switch {
	case r.isLock:
		kind = "Lock"
		if r.value == 1 {
			state = "unlocked"
		}
	case r.value > 0 && !r.live():
		state = fmt.Sprintf("unlocked, value:%d", r.value)
	}
	if n := len(r.waiters); n > 0 {
		state += fmt.Sprintf(", waiters:%d", n)
	}
	return "<" + kind + " [" + state + "]>"
}

// An acquirer is a lock or a semaphore.
type acquirer interface {
	syncs.Locker
	fmt.Stringer
	TryAcquire() bool
}

// An op is one step of a random schedule.
type op struct {
	Do   string
	Task int // counts back from the latest
}

// schedule draws a schedule. It is drawn whole before the loop runs, for rapid
// speaks to itself by panics, which a task would keep.
func schedule(rt *rapid.T) []op {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) op {
		do := rapid.SampledFrom([]string{"spawn", "spawn", "spawn", "cancel", "cancel", "release", "release", "try", "turn", "turn"}).Draw(rt, "do")
		o := op{Do: do}
		if do == "cancel" {
			o.Task = rapid.IntRange(0, 5).Draw(rt, "task")
		}
		return o
	}), 30, 90).Draw(rt, "schedule")
}

// checkModel does what the schedule says to real, on a loop, and to model, and
// compares them after each operation, and what the tasks tell after each turn.
func checkModel(rt *rapid.T, real acquirer, model *ref) {
	ops := schedule(rt)
	_, err := loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		var tasks []*loop.Task[none]
		var waiters []*refWaiter
		var trace []string
		for i, o := range ops {
			got, want := true, true
			switch o.Do {
			case "spawn":
				id := len(tasks)
				tasks = append(tasks, loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
					err := real.Acquire(ctx)
					if future.IsCanceled(err) {
						trace = append(trace, fmt.Sprintf("%d canceled", id))
					} else {
						trace = append(trace, fmt.Sprintf("%d got", id))
					}
					return none{}, err
				}))
				waiters = append(waiters, &refWaiter{id: id})
				model.ready = append(model.ready, waiters[id])
			case "cancel":
				if o.Task < len(tasks) {
					id := len(tasks) - 1 - o.Task
					tasks[id].Cancel()
					model.cancel(waiters[id])
				}
			case "release":
				got, want = real.Release() == nil, model.release()
			case "try":
				got, want = real.TryAcquire(), model.take()
			case "turn":
				if err := loop.Sleep(ctx, 0); err != nil {
					return none{}, err
				}
				model.turn()
			}
			if got != want || real.String() != model.String() || !slices.Equal(trace, model.trace) {
				return none{}, fmt.Errorf("after step %d %v: got %v %v %q, want %v %v %q",
					i, o, got, real, trace, want, model, model.trace)
			}
		}
		return none{}, nil
	})
	require.NoError(rt, err)
}

func TestLockAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		checkModel(rt, new(syncs.Lock), &ref{isLock: true, value: 1})
	})
}

func TestSemaphoreAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.IntRange(0, 3).Draw(rt, "value")
		sem := syncs.NewSemaphore(value)
		checkModel(rt, sem, &ref{value: value})
	})
}
