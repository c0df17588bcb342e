package syncs_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

const parties = 5

func barrier(t *testing.T, n int) *syncs.Barrier {
	t.Helper()
	b := syncs.NewBarrier(n)
	return b
}

// crowd starts n tasks of fn.
func (s *scene) crowd(n int, fn func(ctx context.Context) error) []*loop.Task[none] {
	tasks := make([]*loop.Task[none], n)
	for i := range tasks {
		tasks[i] = s.Spawn(fn)
	}
	return tasks
}

// pass waits at b and forgets the number.
func pass(ctx context.Context, b *syncs.Barrier) error {
	_, err := b.Wait(ctx)
	return err
}

func requireWhole(t *testing.T, b *syncs.Barrier) {
	t.Helper()
	require.Equal(t, 0, b.NWaiting())
	require.False(t, b.Broken())
	require.Contains(t, b.String(), "filling")
}

func TestBarrierStartsFilling(t *testing.T) {
	b := barrier(t, parties)
	require.Equal(t, "<Barrier [filling, waiters:0/5]>", b.String())
	require.Equal(t, parties, b.Parties())
	requireWhole(t, b)
}

func TestBarrierDescribesItsState(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		wait := func(ctx context.Context) error { return pass(ctx, b) }
		all := s.crowd(2, wait)
		s.Turn()
		require.Equal(t, "<Barrier [filling, waiters:2/5]>", b.String())
		all = append(all, s.crowd(b.Parties()-b.NWaiting(), wait)...)
		s.Turn()
		require.Equal(t, "<Barrier [draining, waiters:0/5]>", b.String())
		all = append(all, s.crowd(2, wait)...)
		s.Turn()
		s.OK(b.Reset(s.Ctx))
		require.Equal(t, "<Barrier [resetting, waiters:0/5]>", b.String())
		all = append(all, s.crowd(2, wait)...)
		s.Turn()
		s.OK(b.Abort(s.Ctx))
		require.Equal(t, "<Barrier [broken]>", b.String())
		require.True(t, b.Broken())
		s.Settle(all...)
	})
}

func TestBarrierNeedsAParty(t *testing.T) {
	for _, n := range []int{0, -4} {
		require.ErrorIs(t, panicOf(func() { syncs.NewBarrier(n) }), syncs.ErrNoParties)
	}
}

func TestBarrierNumbersTheParties(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 3)
		var got []int
		s.Join(s.crowd(3, func(ctx context.Context) error {
			i, err := b.Wait(ctx)
			got = append(got, i)
			return err
		})...)
		slices.Sort(got)
		require.Equal(t, []int{0, 1, 2}, got)
		requireWhole(t, b)
	})
}

func TestBarrierOfOneNeverWaits(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 1)
		i, err := b.Wait(s.Ctx)
		s.OK(err)
		require.Equal(t, 0, i)
		requireWhole(t, b)
	})
}

func TestBarrierOfOneTwice(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 1)
		for range 2 {
			task := loop.CreateTask(s.Ctx, b.Wait)
			s.Turn()
			require.True(t, task.IsDone())
			i, err := task.Result()
			s.OK(err)
			require.Equal(t, 0, i)
			requireWhole(t, b)
		}
	})
}

func TestBarrierFillsTaskByTask(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 3)
		wait := func(ctx context.Context) error { return pass(ctx, b) }
		var all []*loop.Task[none]
		for n := 1; n <= 2; n++ {
			all = append(all, s.Spawn(wait))
			s.Turn()
			require.Equal(t, n, b.NWaiting())
			require.Contains(t, b.String(), "filling")
		}
		s.Join(append(all, s.Spawn(wait))...)
		requireWhole(t, b)
	})
}

func TestBarrierTwiceInOneTask(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		var rounds []bool
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			err := pass(ctx, b)
			rounds = append(rounds, true)
			err = errors.Join(err, pass(ctx, b))
			rounds = append(rounds, false)
			return err
		})...)
		require.Len(t, rounds, 2*parties)
		require.NotContains(t, rounds[:parties], false, "nobody is a round ahead")
		requireWhole(t, b)
	})
}

func TestBarrierNumbersAreDifferentInEachRound(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		var first, second []int
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			i, err := b.Wait(ctx)
			first = append(first, i)
			j, err2 := b.Wait(ctx)
			second = append(second, j)
			return errors.Join(err, err2)
		})...)
		for _, got := range [][]int{first, second} {
			slices.Sort(got)
			require.Equal(t, []int{0, 1, 2, 3, 4}, got)
		}
		requireWhole(t, b)
	})
}

func TestBarrierDrainsUntilTheLastHasLeft(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		var states []string
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			err := pass(ctx, b)
			states = append(states, b.String())
			return err
		})...)
		require.Len(t, states, parties)
		for _, state := range states[:parties-1] {
			require.Contains(t, state, "draining")
		}
		require.Contains(t, states[parties-1], "filling")
		requireWhole(t, b)
	})
}

func TestBarrierHoldsNewcomersBackWhileItDrains(t *testing.T) {
	onLoop(t, func(s *scene) {
		const again = 2
		b, others := barrier(t, parties), barrier(t, parties-again)
		left := again
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			err := pass(ctx, b)
			if left > 0 {
				left--
				return errors.Join(err, pass(ctx, b))
			}
			return errors.Join(err, pass(ctx, others), pass(ctx, b))
		})...)
		requireWhole(t, b)
		requireWhole(t, others)
	})
}

func TestBarrierCanceledPartyJustLeaves(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 3)
		passed := 0
		wait := func(ctx context.Context) error {
			if err := pass(ctx, b); err != nil {
				return err
			}
			passed++
			return nil
		}
		t1 := s.Spawn(wait)
		s.Turn()
		t2 := s.Spawn(wait)
		s.Turn()
		require.Equal(t, 2, b.NWaiting())
		t1.Cancel()
		s.Turn()
		require.Equal(t, 1, b.NWaiting())
		require.ErrorIs(t, s.AwaitErr(t1), context.Canceled)
		require.True(t, t1.Canceled())

		t3 := s.Spawn(wait)
		s.Turn()
		require.Equal(t, 2, b.NWaiting())
		s.Join(t2, t3, s.Spawn(wait))
		require.Equal(t, 3, passed)
		requireWhole(t, b)
	})
}
