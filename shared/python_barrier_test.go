package shared_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// counts are where the parties of a barrier leave their results.
type counts struct{ *shared.Array[int64] }

func (c counts) add(i int) {
	must(c.Update(func(n []int64) { n[i]++ }))
}

const parties = 5

// pythonParties are what the parties of each test do, in goroutines and in
// processes.
var pythonParties = map[string]func(b, b2 *shared.Barrier, c counts){
	"multipass": func(b, _ *shared.Barrier, c counts) {
		passes := c.Get(9)
		for i := range passes {
			c.add(0)
			check := func(which int, want int64) {
				if got := c.Get(which); got != want {
					must(errors.New("out of step: " + strconv.FormatInt(got, 10)))
				}
			}
			check(1, i*parties)
			wait(b)
			c.add(1)
			check(0, (i+1)*parties)
			wait(b)
		}
		if b.Broken() {
			must(shared.ErrBroken)
		}
	},
	"return": func(b, _ *shared.Barrier, c counts) { c.add(wait(b)) },
	"action": func(b, _ *shared.Barrier, c counts) {
		_, err := b.WaitDo(context.Background(), func() error { c.add(0); return nil })
		must(err)
		if c.Get(0) != 1 {
			must(errors.New("the action ran too late, or twice"))
		}
	},
	"abort": func(b, _ *shared.Barrier, c counts) { abortion(b, c) },
	"reset": func(b, _ *shared.Barrier, c counts) {
		if wait(b) == parties/2 {
			until(func() bool { return b.Waiting() == parties-1 })
			must(b.Reset())
		} else if _, err := b.Wait(context.Background()); errors.Is(err, shared.ErrBroken) {
			c.add(1)
		} else {
			c.add(0)
		}
		wait(b)
		c.add(2)
	},
	"abort and reset": func(b, b2 *shared.Barrier, c counts) {
		abortion(b, c)
		if wait(b2) == parties/2 {
			must(b.Reset())
		}
		wait(b2)
		wait(b)
		c.add(2)
	},
	"timeout": func(b, _ *shared.Barrier, c counts) {
		if wait(b) == parties/2 {
			until(b.Broken) // one party is late
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if _, err := b.Wait(ctx); errors.Is(err, shared.ErrBroken) {
			c.add(0)
		}
	},
	"thousand": func(b, _ *shared.Barrier, c counts) {
		for i := range int64(1000) {
			wait(b)
			// None is a whole round ahead or behind.
			must(c.Update(func(n []int64) {
				if n[0]/parties != i {
					must(errors.New("drifted"))
				}
				n[0]++
			}))
		}
	},
}

// until waits for what other processes do.
func until(done func() bool) {
	for !done() {
		time.Sleep(time.Millisecond)
	}
}

func wait(b *shared.Barrier) int {
	i, err := b.Wait(context.Background())
	must(err)
	return i
}

func abortion(b *shared.Barrier, c counts) {
	i := wait(b)
	if i == parties/2 {
		must(b.Abort())
		return
	}
	if _, err := b.Wait(context.Background()); errors.Is(err, shared.ErrBroken) {
		c.add(1)
	} else {
		c.add(0)
	}
}

var pythonParty = helper("python party", func(c *child) {
	var b, b2 shared.Barrier
	var cells shared.Array[int64]
	c.decode(&b, &b2, &cells)
	pythonParties[c.args[0]](&b, &b2, counts{&cells})
	c.say("done")
})

func TestPythonBarrier(t *testing.T) {
	run := func(t *testing.T, name string, passes int64) (*shared.Barrier, counts) {
		b, b2, c := newBarrier(t, parties), newBarrier(t, parties), counts{newArray(t, make([]int64, 10)...)}
		c.Set(9, passes)
		var ps []*process
		for range parties - 2 {
			ps = append(ps, start(t, pythonParty, []string{name}, b, b2, c))
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { pythonParties[name](b, b2, c) })
		}
		for _, p := range ps {
			p.expect("done")
			p.wait()
		}
		wg.Wait()
		return b, c
	}
	t.Run("test_barrier", func(t *testing.T) { run(t, "multipass", 1) })
	t.Run("test_barrier_10", func(t *testing.T) {
		b, _ := run(t, "multipass", 10)
		require.Zero(t, b.Waiting())
	})
	t.Run("test_wait_return", func(t *testing.T) {
		_, c := run(t, "return", 0)
		require.Equal(t, []int64{1, 1, 1, 1, 1, 0}, c.Slice()[:6])
	})
	t.Run("test_action", func(t *testing.T) {
		_, c := run(t, "action", 0)
		require.EqualValues(t, 1, c.Get(0))
	})
	t.Run("test_abort", func(t *testing.T) {
		b, c := run(t, "abort", 0)
		require.Equal(t, []int64{0, parties - 1}, c.Slice()[:2])
		require.True(t, b.Broken())
	})
	t.Run("test_reset", func(t *testing.T) {
		_, c := run(t, "reset", 0)
		require.Equal(t, []int64{0, parties - 1, parties}, c.Slice()[:3])
	})
	t.Run("test_abort_and_reset", func(t *testing.T) {
		_, c := run(t, "abort and reset", 0)
		require.Equal(t, []int64{0, parties - 1, parties}, c.Slice()[:3])
	})
	t.Run("test_timeout", func(t *testing.T) {
		b, c := run(t, "timeout", 0)
		require.EqualValues(t, b.Parties(), c.Get(0))
	})
	t.Run("test_default_timeout", func(t *testing.T) {
		// A default timeout is a context that all waits are given.
		b := newBarrier(t, 2)
		ctx := within(t, 20*time.Millisecond)
		_, err := b.Wait(ctx)
		require.ErrorIs(t, err, shared.ErrBroken)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = b.Wait(t.Context())
		require.ErrorIs(t, err, shared.ErrBroken)
	})
	t.Run("test_single_thread", func(t *testing.T) {
		b := newBarrier(t, 1)
		for range 2 {
			require.Zero(t, wait(b))
		}
	})
	t.Run("test_thousand", func(t *testing.T) {
		_, c := run(t, "thousand", 0)
		require.EqualValues(t, 1000*parties, c.Get(0))
	})
}
