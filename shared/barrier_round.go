package shared

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A round is one party's part in one round of a barrier:
//
//	arrive ──► last?  no ──► await ───┬──► index, or ErrBroken
//	              └── yes ─► release ─┘
type round struct {
	seg     *shm.Segment
	closed  *atomic.Bool
	parties int
	cell    int

	number uint32 // set by arrive, like
	index  int
}

// arrive counts this party in, after the previous round is over. Until then the
// party has no part in anything, so giving up breaks nothing.
func (r *round) arrive(ctx context.Context) error {
	return r.seg.Lot(offLot).Wait(ctx, r.closed, func() (arrived bool, err error) {
		reapParties(r.seg)
		r.seg.Aux().LockShort()
		defer r.seg.Aux().Unlock() //nolint:errcheck // it is ours
		s := stateOf(r.seg)
		if s&barrierBroken != 0 {
			return false, ErrBroken
		}
		if s&barrierActing != 0 {
			return false, nil
		}
		r.number, r.index = s.round(), s.arrived()
		// The sign first: killed in between, this party breaks the round.
		r.seg.CellState(r.cell).Store(s.sign())
		s++
		if s.arrived() == r.parties {
			s |= barrierActing
		}
		r.seg.U64(offWord).Store(uint64(s))
		return true, nil
	})
}

// await waits until the last party has released the round.
func (r *round) await(ctx context.Context) error {
	err := r.seg.Lot(offLot).Wait(ctx, r.closed, func() (bool, error) {
		reapParties(r.seg)
		s := stateOf(r.seg)
		if !s.in(r.number) {
			return true, outcome(r.seg, r.number)
		}
		if s&barrierBroken != 0 {
			return false, ErrBroken
		}
		return false, nil
	})
	if err == nil || err == ErrBroken { //nolint:errorlint // it is ours, not wrapped
		return err
	}
	// This party leaves without the others, unless the round is over after all.
	over := false
	change(r.seg, func(s barrierState) barrierState {
		if over = !s.in(r.number); over {
			return s
		}
		return s | barrierBroken
	})
	if over {
		return outcome(r.seg, r.number)
	}
	return fmt.Errorf("%w: %w", ErrBroken, lockError(err))
}

// release runs the action and lets all go.
func (r *round) release(action func() error) (err error) {
	err = errUnfinished // unless the action returns, rather than panics
	defer func() {
		change(r.seg, func(s barrierState) barrierState {
			switch {
			case !s.in(r.number):
				err = ErrBroken // it was reset during the action
			case s&barrierBroken != 0:
				err = ErrBroken
			case err != nil:
				s |= barrierBroken
				err = fmt.Errorf("%w: %w", ErrBroken, err)
			default:
				s = s.next(r.seg)
			}
			return s
		})
	}()
	if action == nil {
		return nil
	}
	return action()
}

var errUnfinished = errors.New("the action did not return")
