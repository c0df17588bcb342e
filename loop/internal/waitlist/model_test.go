package waitlist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A host is a task that never runs: it counts how often it is made ready.
type host struct{ ready int }

func (h *host) Owns() bool                                       { return true }
func (h *host) Home() any                                        { return nil }
func (h *host) CanPark() bool                                    { return true }
func (h *host) Prepare() uint64                                  { return 0 }
func (h *host) Park(context.Context, uint64, whose.Target) error { return nil }
func (h *host) Admit(context.Context) (context.Context, error)   { return nil, nil }
func (h *host) Unpark(uint64)                                    { h.ready++ }
func (h *host) Recancel(error)                                   {}

// A refWaiter is a waiter as the reference sees it.
type refWaiter struct {
	w     *Waiter
	host  host
	state state
}

// An op is one step of a random schedule.
type op struct {
	Do  string
	Arg int
}

// TestListAgainstASlice compares a List with a slice of waiters on which everything
// is done by looking at all of them.
func TestListAgainstASlice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var mu sync.Mutex
		var l List
		var line, all []*refWaiter
		wake := func(n int, head, pop bool) (count int) {
			for i := 0; i < len(line) && count < n; {
				r := line[i]
				if pop {
					line = slices.Delete(line, i, i+1)
				} else {
					i++
				}
				if r.state == waiting {
					r.state = woken
					count++
				} else if head {
					break
				}
			}
			return count
		}
		for _, o := range rapid.SliceOfN(rapid.Custom(drawOp), 1, 100).Draw(rt, "schedule") {
			switch o.Do {
			case "join":
				r := &refWaiter{}
				r.w = &Waiter{mu: &mu, host: &r.host}
				line, all = append(line, r), append(all, r)
				r.w.Join(&l)
			case "leave":
				if o.Arg < len(all) {
					r := all[len(all)-1-o.Arg]
					line = slices.DeleteFunc(line, func(other *refWaiter) bool { return other == r })
					r.w.Leave()
				}
			case "cancel":
				if o.Arg < len(all) {
					r := all[len(all)-1-o.Arg]
					want := r.state == waiting
					if want {
						r.state = canceled
					}
					require.Equal(rt, want, r.w.CancelCause(nil))
				}
			case "head":
				wake(1, true, false)
				l.WakeHead()
			case "next":
				require.Equal(rt, wake(1, false, false) == 1, l.WakeNext())
			case "n":
				require.Equal(rt, wake(o.Arg, false, false), l.WakeN(o.Arg))
			case "pop":
				wake(1, false, true)
				l.PopNext()
			case "pop all":
				wake(len(line), false, true)
				line = nil
				l.PopAll()
			case "all":
				wake(len(line), false, false)
				l.WakeAll()
			}
			require.Equal(rt, len(line), l.Len())
			require.Equal(rt, slices.ContainsFunc(line, func(r *refWaiter) bool { return r.state != canceled }), l.Live())
			for i, r := range all {
				require.Equal(rt, r.state, r.w.state, fmt.Sprint("waiter ", i))
				ready := 1
				if r.state == waiting {
					ready = 0
				}
				require.Equal(rt, ready, r.host.ready, fmt.Sprint("waiter ", i, " is made ready once"))
			}
		}
	})
}

func drawOp(rt *rapid.T) op {
	return op{
		rapid.SampledFrom([]string{"join", "join", "join", "leave", "cancel", "cancel", "head", "next", "n", "pop", "pop all", "all"}).Draw(rt, "do"),
		rapid.IntRange(0, 5).Draw(rt, "arg"),
	}
}

// owner notes what it is told.
type owner struct{ gaveUp []bool }

func (o *owner) GaveUp(_ *List, wasWoken bool) { o.gaveUp = append(o.gaveUp, wasWoken) }

func TestAGoroutineThatWasWokenHasSucceededThoughItsContextEnded(t *testing.T) {
	for range 100 { // select chooses at random
		var mu sync.Mutex
		var l List
		var o owner
		ctx, cancel := context.WithCancel(t.Context())
		w, err := New(ctx, &mu, "test")
		require.NoError(t, err)
		mu.Lock()
		w.Join(&l)
		require.True(t, l.WakeNext())
		cancel()
		require.NoError(t, w.Wait(ctx, &o))
		require.Zero(t, l.Len())
		mu.Unlock()
		require.Empty(t, o.gaveUp)
	}
}

func TestAGoroutineThatGivesUpTellsTheOwner(t *testing.T) {
	var mu sync.Mutex
	var l List
	var o owner
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	w, err := New(ctx, &mu, "test")
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	w.Join(&l)
	require.Equal(t, why, w.Wait(ctx, &o))
	require.Zero(t, l.Len())
	require.Equal(t, []bool{false}, o.gaveUp)
}
