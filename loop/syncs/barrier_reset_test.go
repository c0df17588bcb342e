package syncs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// refused reports whether err says that the barrier is broken; any other error
// fails the test.
func (s *scene) refused(err error) bool {
	s.Helper()
	if errors.Is(err, syncs.ErrBrokenBarrier) {
		return true
	}
	s.OK(err)
	return false
}

func TestBarrierResetOfAnEmptyBarrier(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 1)
		s.Join(s.Spawn(b.Reset))
		requireWhole(t, b)
	})
}

func TestBarrierResetTurnsWaitersAway(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		refused := 0
		tasks := s.crowd(parties-1, func(ctx context.Context) error {
			if s.refused(pass(ctx, b)) {
				refused++
			}
			return nil
		})
		s.Turn()
		s.Join(append(tasks, s.Spawn(b.Reset))...)
		require.Equal(t, parties-1, refused)
		requireWhole(t, b)
	})
}

func TestBarrierResetWhileHalfHaveLeft(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		refused, left := 0, 0
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			if s.refused(pass(ctx, b)) {
				refused++
				return nil
			}
			left++
			if parties-left == parties/2 { // so many are inside yet
				return b.Reset(ctx)
			}
			return nil
		})...)
		require.Equal(t, parties/2, refused)
		requireWhole(t, b)
	})
}

func TestBarrierResetWhileHalfHaveLeftAndSomeAreHeldBack(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		refused, heldBackRefused, left := 0, 0, 0
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			if s.refused(pass(ctx, b)) {
				refused++ // was still inside
				return pass(ctx, b)
			}
			left++
			if left > parties/2 {
				s.OK(b.Reset(ctx))
				return pass(ctx, b)
			}
			if s.refused(pass(ctx, b)) {
				heldBackRefused++
			}
			return nil
		})...)
		require.Equal(t, parties/2, refused)
		require.Zero(t, heldBackRefused, "who is held back waits for the next round")
		requireWhole(t, b)
	})
}

func TestBarrierResetAndWaitAgain(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		refused, passed := 0, 0
		again := func(ctx context.Context) error {
			err := pass(ctx, b)
			passed++
			return err
		}
		tasks := s.crowd(parties-1, func(ctx context.Context) error {
			if s.refused(pass(ctx, b)) {
				refused++
			}
			return again(ctx)
		})
		reset := s.Spawn(b.Reset)
		s.Turn()
		s.Join(append(tasks, reset, s.Spawn(again))...)
		require.Equal(t, parties-1, refused)
		require.Equal(t, parties, passed)
		requireWhole(t, b)
	})
}

func TestBarrierResetByTheLastToLeave(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		count, second, third := 0, 0, 0
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			s.OK(pass(ctx, b))
			count++
			if count == parties {
				s.OK(b.Reset(ctx))
				s.OK(pass(ctx, b))
			} else {
				s.OK(pass(ctx, b)) // held back before, and not turned away
				second++
			}
			s.OK(pass(ctx, b))
			third++
			return nil
		})...)
		require.Equal(t, parties-1, second)
		require.Equal(t, parties, third)
		requireWhole(t, b)
	})
}

func TestBarrierAbortOfAnEmptyBarrier(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, 1)
		s.Join(s.Spawn(b.Abort))
		require.True(t, b.Broken())
		require.Zero(t, b.NWaiting())
		require.ErrorIs(t, pass(s.Ctx, b), syncs.ErrBrokenBarrier)
	})
}

func TestBarrierAbortWhileHalfHaveLeftAndSomeAreHeldBack(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		inside, heldBack, left := 0, 0, 0
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			if s.refused(pass(ctx, b)) {
				inside++
				return nil
			}
			left++
			if left > parties/2 {
				return b.Abort(ctx)
			}
			if s.refused(pass(ctx, b)) {
				heldBack++
			}
			return nil
		})...)
		require.True(t, b.Broken())
		require.Equal(t, parties/2, inside)
		require.Equal(t, parties-parties/2-1, heldBack)
		require.Zero(t, b.NWaiting())
	})
}

// partyFails sends all parties through b; one of them fails on the other side and
// aborts the barrier, so that the others are turned away at the second round.
func partyFails(ctx context.Context, s *scene, b *syncs.Barrier, passed, refused *int) error {
	i, err := b.Wait(ctx)
	switch {
	case err != nil:
	case i == parties/2:
		return b.Abort(ctx)
	default:
		err = pass(ctx, b)
	}
	if s.refused(err) {
		*refused++
	} else {
		*passed++
	}
	return nil
}

func TestBarrierAbortByAPartyThatFailed(t *testing.T) {
	onLoop(t, func(s *scene) {
		b := barrier(t, parties)
		passed, refused := 0, 0
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			return partyFails(ctx, s, b, &passed, &refused)
		})...)
		require.True(t, b.Broken())
		require.Zero(t, passed)
		require.Equal(t, parties-1, refused)
		require.Zero(t, b.NWaiting())
	})
}

func TestBarrierAbortThenReset(t *testing.T) {
	onLoop(t, func(s *scene) {
		b, meeting := barrier(t, parties), barrier(t, parties)
		passed, refused, again := 0, 0, 0
		s.Join(s.crowd(parties, func(ctx context.Context) error {
			s.OK(partyFails(ctx, s, b, &passed, &refused))
			// All have left before the reset, and none enters before it.
			i, err := meeting.Wait(ctx)
			s.OK(err)
			if i == parties/2 {
				s.OK(b.Reset(ctx))
			}
			s.OK(pass(ctx, meeting))
			s.OK(pass(ctx, b))
			again++
			return nil
		})...)
		require.Zero(t, passed)
		require.Equal(t, parties-1, refused)
		require.Equal(t, parties, again)
		requireWhole(t, b)
	})
}
