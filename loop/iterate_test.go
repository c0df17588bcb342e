package loop_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A naiveLoop is what the loop's iterations are compared with: slices, and a scan
// for everything.
type naiveLoop struct {
	ready  []naiveCall
	turn   []naiveCall // what is left of the iteration that runs
	timers []naiveCall
	ran    []int
	seq    int
}

type naiveCall struct {
	id, seq int
	when    time.Duration // of a timer, all of them long past
}

func (n *naiveLoop) iterate(then func(id int)) {
	slices.SortStableFunc(n.timers, func(a, b naiveCall) int {
		if a.when != b.when {
			return int(a.when - b.when)
		}
		return a.seq - b.seq
	})
	n.turn = append(n.ready, n.timers...)
	n.ready, n.timers = nil, nil
	for len(n.turn) > 0 {
		call := n.turn[0]
		n.turn = n.turn[1:]
		n.ran = append(n.ran, call.id)
		then(call.id)
	}
}

func (n *naiveLoop) cancel(id int) {
	drop := func(c naiveCall) bool { return c.id == id }
	n.ready = slices.DeleteFunc(n.ready, drop)
	n.turn = slices.DeleteFunc(n.turn, drop)
	n.timers = slices.DeleteFunc(n.timers, drop)
}

// TestIterationsAgainstANaiveLoop schedules, posts from other goroutines, cancels
// and stops at random, and compares what runs, iteration by iteration.
func TestIterationsAgainstANaiveLoop(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := loop.New(loop.Config{BlockedAfter: -1})
		defer l.Close()
		model := &naiveLoop{}
		var ran []int
		cancels := map[int]func(){}
		children := map[int]int{} // how many callbacks a callback schedules
		victims := map[int]int{}  // what a callback cancels after that
		past := l.Time().Add(-time.Hour)

		var body func(id int) func()
		body = func(id int) func() {
			return func() {
				ran = append(ran, id)
				for k := range children[id] {
					_, _ = l.CallSoon(body(1000*id + k))
				}
				if victim := victims[id]; victim != 0 {
					cancels[victim]()
				}
			}
		}
		id := 0
		rt.Repeat(map[string]func(*rapid.T){
			"call soon": func(rt *rapid.T) {
				id++
				children[id] = rapid.IntRange(0, 3).Draw(rt, "children")
				h, err := l.CallSoon(body(id))
				require.NoError(rt, err)
				cancels[id] = h.Cancel
				model.ready = append(model.ready, naiveCall{id: id})
			},
			"post from another goroutine": func(rt *rapid.T) {
				id++
				posted := make(chan error)
				go func() {
					h, err := l.CallSoonThreadsafe(body(id))
					cancels[id] = h.Cancel
					posted <- err
				}()
				require.NoError(rt, <-posted)
				model.ready = append(model.ready, naiveCall{id: id})
			},
			"timer": func(rt *rapid.T) {
				id++
				when := time.Duration(rapid.IntRange(0, 5).Draw(rt, "when"))
				h, err := l.CallAt(past.Add(when), body(id))
				require.NoError(rt, err)
				cancels[id] = h.Cancel
				model.seq++
				model.timers = append(model.timers, naiveCall{id: id, seq: model.seq, when: when})
			},
			"a callback that cancels another": func(rt *rapid.T) {
				victim := rapid.IntRange(1, id+1).Draw(rt, "victim")
				id++
				victims[id] = victim
				h, err := l.CallSoon(body(id))
				require.NoError(rt, err)
				cancels[id] = h.Cancel
				model.ready = append(model.ready, naiveCall{id: id})
			},
			"cancel": func(rt *rapid.T) {
				if id == 0 {
					rt.Skip("nothing to cancel")
				}
				victim := rapid.IntRange(1, id).Draw(rt, "victim")
				cancels[victim]()
				model.cancel(victim)
			},
			"iterate": func(rt *rapid.T) {
				if rapid.Bool().Draw(rt, "by stop") {
					l.Stop()
					require.NoError(rt, l.RunForever())
				} else {
					next, err := l.RunOnce()
					require.NoError(rt, err)
					defer func() {
						idle := len(model.ready) == 0 && len(model.timers) == 0
						require.Equal(rt, idle, next == math.MaxInt64)
					}()
				}
				model.iterate(func(id int) {
					for k := range children[id] {
						model.ready = append(model.ready, naiveCall{id: 1000*id + k})
					}
					if victim := victims[id]; victim != 0 {
						model.cancel(victim)
					}
				})
			},
			"": func(rt *rapid.T) { require.Equal(rt, model.ran, ran) },
		})
	})
}

func TestRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(t)
		var order []string
		next, err := l.RunOnce()
		require.NoError(t, err)
		require.Greater(t, next, 1000*time.Hour, "nothing is scheduled")
		soon(t, l, func() {
			order = append(order, "first")
			soon(t, l, func() { order = append(order, "second") })
			_, err := l.RunOnce()
			require.ErrorIs(t, err, loop.ErrRunning)
		})
		_, err = l.CallLater(time.Minute, func() { order = append(order, "timer") })
		require.NoError(t, err)
		next, err = l.RunOnce()
		require.NoError(t, err)
		require.Zero(t, next)
		require.Equal(t, []string{"first"}, order, "one iteration")
		next, err = l.RunOnce()
		require.NoError(t, err)
		require.Equal(t, time.Minute, next, "it does not wait for the timer")
		require.Equal(t, []string{"first", "second"}, order)
		time.Sleep(next)
		_, err = l.RunOnce()
		require.NoError(t, err)
		require.Equal(t, []string{"first", "second", "timer"}, order)
		require.False(t, l.IsRunning())
	})
}

func TestACustomMainLoopDrivesTasks(t *testing.T) {
	l := newLoop(t)
	task := loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) {
		for range 3 {
			if err := loop.Sleep(ctx, 0); err != nil {
				return 0, err
			}
		}
		return 7, nil
	})
	rounds := 0
	for !task.IsDone() {
		_, err := l.RunOnce()
		require.NoError(t, err)
		rounds++
	}
	require.Equal(t, 4, rounds)
	require.Equal(t, 7, mustResult(t, task.Future()))
}
