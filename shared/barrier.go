package shared

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Barrier makes a fixed number of parties wait for each other, round after
// round. It is Python's multiprocessing.Barrier.
//
// A party that gives up (its ctx ends, its process dies while it waits, its
// action fails) breaks the barrier: all that wait, and all that come, get
// ErrBroken until a call of Reset. No party waits for a dead one that had
// arrived; one that dies before it arrives is missed like any that is late, so
// pass a ctx with a deadline.
//
// The zero Barrier is closed; it can be decoded into. A Barrier must not be copied.
// Methods without an error panic with ErrClosed after Close.
type Barrier struct{ h handle }

// NewBarrier makes a barrier for the given number of parties, from 1 to 240.
func NewBarrier(parties int) (*Barrier, error) {
	if parties < 1 || parties > shm.Cells {
		return nil, fmt.Errorf("shared: a barrier for %d parties is not possible: from 1 to %d: %w", parties, shm.Cells, fs.ErrInvalid)
	}
	b := new(Barrier)
	if err := b.h.create(shm.Header{Kind: kindBarrier, Len: uint64(parties)}, 0); err != nil {
		return nil, err
	}
	return b, nil
}

// Wait waits until all parties have called it, and returns this one's number in the
// order of arrival, from 0. In a task it suspends the task.
//
// If ctx ends first, or the process of a party that waits dies, the barrier breaks,
// for all parties: each gets [ErrBroken], and the one whose ctx ended ctx's error with
// it. After Close, also one during the wait, the error is [ErrClosed], and the barrier
// breaks if it was waiting. In a bare callback of a loop it is future.ErrWouldBlock,
// and nothing breaks. A party that comes before the round before has ended waits for
// the next one; beyond 240 that wait it gets [ErrTooMany].
func (b *Barrier) Wait(ctx context.Context) (int, error) { return b.WaitDo(ctx, nil) }

// WaitDo is [Barrier.Wait] with an action: the party that arrives last runs its own
// before any of them goes on. An error or a panic of it breaks the barrier, and so
// does a ctx that ends or a process that dies: the others get [ErrBroken]. After Close
// it returns [ErrClosed], and called again it takes part in the next round. It is
// Barrier(parties, action) of Python; functions cannot be shared between processes, so
// each party brings it.
func (b *Barrier) WaitDo(ctx context.Context, action func() error) (int, error) {
	seg, err := b.h.use()
	if err != nil {
		return -1, err
	}
	if h := whose.Current(ctx); h != nil && !h.CanPark() {
		return -1, whose.ErrWouldBlock // before it counts as a party that left
	}
	r := round{seg: seg, parties: int(seg.Head().Len), closed: &b.h.closed}
	if r.cell = seg.Claim(shm.Cells); r.cell < 0 {
		return -1, ErrTooMany
	}
	defer seg.Leave(r.cell)
	seg.Published()
	defer seg.Seen()
	if err := r.arrive(ctx); err != nil {
		return -1, lockError(err)
	}
	if r.index == r.parties-1 {
		err = r.release(action)
	} else {
		err = r.await(ctx)
	}
	if err != nil {
		return -1, err
	}
	return r.index, nil
}

// Abort breaks the barrier. To break it twice does nothing more. It never blocks.
// After Close it returns [ErrClosed]. It is Python's abort.
func (b *Barrier) Abort() error {
	seg, err := b.h.use()
	if err != nil {
		return err
	}
	change(seg, func(s barrierState) barrierState { return s | barrierBroken })
	return nil
}

// Reset starts a new round, and mends the barrier if it is broken, by a process that
// died for instance. Parties that wait get [ErrBroken]; so do those of the round that
// an earlier Reset started. It never blocks. After Close it returns [ErrClosed]. It is
// Python's reset.
func (b *Barrier) Reset() error {
	seg, err := b.h.use()
	if err != nil {
		return err
	}
	change(seg, func(s barrierState) barrierState {
		setOutcome(seg, s.round(), true)
		return s.next(seg)
	})
	return nil
}

// Parties returns how many parties the barrier waits for. After Close it panics with
// [ErrClosed].
func (b *Barrier) Parties() int { return int(b.h.must().Head().Len) }

// Waiting returns how many parties have arrived. After Close it panics with
// [ErrClosed]. It is Python's n_waiting.
func (b *Barrier) Waiting() int {
	s := b.look()
	if s&(barrierBroken|barrierActing) != 0 {
		return 0
	}
	return s.arrived()
}

// Broken reports whether the barrier is broken: it is after a party died while it
// waited. After Close it panics with [ErrClosed].
func (b *Barrier) Broken() bool { return b.look()&barrierBroken != 0 }

// look returns the state, to which the dead do not belong.
func (b *Barrier) look() barrierState {
	seg := b.h.must()
	defer runtime.KeepAlive(seg)
	reapParties(seg)
	return stateOf(seg)
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Goroutines that wait through this handle get ErrClosed, which breaks the
// barrier. Closing twice does nothing. If the process dies, the kernel closes its
// handles.
func (b *Barrier) Close() error { return b.h.shut() }

// MarshalBinary encodes the handle for another process. To encode it again gives one
// that is as good. If this process dies before it is decoded, UnmarshalBinary fails
// there. After Close MarshalBinary returns [ErrClosed].
func (b *Barrier) MarshalBinary() ([]byte, error) { return b.h.marshal() }

// UnmarshalBinary makes b a handle of the barrier that data encodes. It may ask the
// process that sent it for a descriptor, which blocks for one round trip. If that
// process has died it returns an error. What the handle was before is replaced, and a
// closed one is open again.
func (b *Barrier) UnmarshalBinary(data []byte) error {
	return b.h.unmarshal(data, func(head shm.Header, size int) error {
		if head.Kind != kindBarrier || size != 0 || head.Len < 1 || head.Len > shm.Cells {
			return fmt.Errorf("%w: the handle is not that of a Barrier", ErrType)
		}
		return nil
	})
}

// barrierState is all of a barrier in one word, so that no crash can leave half
// of a change: the round in the upper 32 bits, then flags, then the number of
// parties that have arrived. It changes under the segment's inner lock.
type barrierState uint64

const (
	barrierActing = 1 << 16 // all have arrived, the action runs
	barrierBroken = 1 << 17
)

func stateOf(seg *shm.Segment) barrierState { return barrierState(seg.U64(offWord).Load()) }
func (s barrierState) round() uint32        { return uint32(s >> 32) }
func (s barrierState) arrived() int         { return int(s & 0xffff) }
func (s barrierState) in(round uint32) bool { return s.round() == round }
func (s barrierState) sign() uint32         { return s.round()<<1 | 1 } // never 0

// next is the beginning of the next round.
func (s barrierState) next(seg *shm.Segment) barrierState {
	setOutcome(seg, s.round()+1, false)
	return barrierState(s.round()+1) << 32
}

// setOutcome records whether a round ended broken, for parties that look only
// when it is over. 64 rounds are remembered.
func setOutcome(seg *shm.Segment, round uint32, broken bool) {
	outcomes := seg.U64(offWord2)
	bits := outcomes.Load() &^ (1 << (round % 64))
	if broken {
		bits |= 1 << (round % 64)
	}
	outcomes.Store(bits)
}

func outcome(seg *shm.Segment, round uint32) error {
	if seg.U64(offWord2).Load()>>(round%64)&1 == 1 {
		return ErrBroken
	}
	return nil
}

// change sets the state to fn of it and wakes all.
func change(seg *shm.Segment, fn func(barrierState) barrierState) {
	seg.Aux().LockShort()
	seg.U64(offWord).Store(uint64(fn(stateOf(seg))))
	_ = seg.Aux().Unlock()
	seg.Lot(offLot).Signal(math.MaxInt32)
}

// reapParties breaks the round in which a party died. The state of a party's
// cell is the sign of the round that it takes part in.
func reapParties(seg *shm.Segment) {
	for i := range shm.Cells {
		sign := seg.CellState(i).Load()
		if sign == 0 || seg.CellHeld(i) {
			continue
		}
		change(seg, func(s barrierState) barrierState {
			// Looked at again: another party may have cleared the cell, and a
			// party of the same round may have it now.
			if !seg.CellHeld(i) && seg.CellState(i).CompareAndSwap(sign, 0) && sign == s.sign() {
				s |= barrierBroken
			}
			return s
		})
	}
}
