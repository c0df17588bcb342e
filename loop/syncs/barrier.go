package syncs

import (
	"context"
	"fmt"
	"sync"
)

// A barrierState is where a barrier is in its round:
//
//	           the last party comes            the last party has left
//	filling ────────────────────────► draining ───────────────────────► filling
//	   │                                  │
//	   └──── Reset, while parties are inside ──► resetting ── all left ──► filling
//
// Abort leads from everywhere to broken, and Reset from there back.
type barrierState uint8

const (
	filling barrierState = iota
	draining
	resetting
	broken
)

func (s barrierState) String() string {
	return [...]string{"filling", "draining", "resetting", "broken"}[s]
}

// A Barrier holds each party back until all have come, and then lets them go
// together; it can be used round after round. Make it with [NewBarrier]. It stands
// for asyncio.Barrier.
type Barrier struct {
	parties int
	cond    Condition // held to change what follows

	mu    sync.Mutex // guards what follows against readers without cond
	state barrierState
	count int // parties inside
}

// NewBarrier returns a barrier for so many parties. It panics with an error that wraps
// [ErrNoParties] for less than one.
func NewBarrier(parties int) *Barrier {
	if parties < 1 {
		panic(fmt.Errorf("%w: got %d", ErrNoParties, parties))
	}
	return &Barrier{parties: parties}
}

// Wait waits until all parties have called it, and returns a number from 0 to
// parties-1: how many were inside when the caller came. It is different for each of
// them, unless a party was canceled while the round filled: the one that takes its
// place may then have the number of another, as in asyncio.
// While the parties of a round leave, or the barrier is being reset, newcomers
// are held back and belong to the next round.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine. If
// the task is canceled while the round fills, or ctx ends, the caller leaves and
// Wait returns that; the others go on waiting for one party more. If the barrier
// is broken, or reset while the caller waits, it returns [ErrBrokenBarrier]. In a
// bare callback it returns [ErrWouldBlock] instead of waiting.
//
// It stands for Barrier.wait.
func (b *Barrier) Wait(ctx context.Context) (index int, err error) {
	err = b.cond.With(ctx, func() (err error) {
		index, err = b.pass(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	return index, nil
}

// pass is one party's way through the barrier. The caller holds cond.
func (b *Barrier) pass(ctx context.Context) (int, error) {
	if err := b.cond.WaitFor(ctx, b.isOpen); err != nil {
		return 0, err
	}
	index, last, err := b.enter()
	if err != nil {
		return 0, err
	}
	defer b.leave()
	if last {
		return index, b.cond.NotifyAll()
	}
	if err := b.cond.WaitFor(ctx, b.isFull); err != nil {
		return 0, err
	}
	return index, b.outcome()
}

func (b *Barrier) load() barrierState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

func (b *Barrier) isOpen() bool { s := b.load(); return s == filling || s == broken }
func (b *Barrier) isFull() bool { return b.load() != filling }

func (b *Barrier) enter() (index int, last bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == broken {
		return 0, false, ErrBrokenBarrier
	}
	index = b.count
	b.count++
	if b.count == b.parties {
		b.state = draining
		return index, true, nil
	}
	return index, false, nil
}

// outcome says what a party that has waited is told.
func (b *Barrier) outcome() error {
	if b.load() == draining {
		return nil
	}
	return ErrBrokenBarrier
}

// leave is called by each party on its way out. The last one opens the barrier
// for those who were held back.
func (b *Barrier) leave() {
	b.mu.Lock()
	b.count--
	empty := b.count == 0
	if empty && (b.state == draining || b.state == resetting) {
		b.state = filling
	}
	b.mu.Unlock()
	if empty {
		// Not NotifyAll: a party that is unwound because its loop closes
		// does not hold the lock.
		b.cond.wakeAll()
	}
}

// Reset makes the barrier as new. What waits gets [ErrBrokenBarrier]; newcomers are
// held back until all of them have left. A second Reset does the same to those that
// have come since. It waits for the barrier's internal lock, for a moment, also if ctx
// is done: it has its place in a clean-up. In a bare callback it returns
// [ErrWouldBlock] if it would have to wait for that. It stands for Barrier.reset.
func (b *Barrier) Reset(ctx context.Context) error {
	return b.cond.With(detached(ctx), func() error {
		b.mu.Lock()
		if b.count > 0 {
			b.state = resetting
		} else {
			b.state = filling
		}
		b.mu.Unlock()
		return b.cond.NotifyAll()
	})
}

// Abort breaks the barrier: what waits, and what comes later, gets [ErrBrokenBarrier],
// until [Barrier.Reset]. To abort it twice changes nothing. It waits for the barrier's
// internal lock, for a moment, also if ctx is done: a party that fails is to abort in
// its clean-up. In a bare callback it returns [ErrWouldBlock] if it would have to wait
// for that. It stands for Barrier.abort.
func (b *Barrier) Abort(ctx context.Context) error {
	return b.cond.With(detached(ctx), func() error {
		b.mu.Lock()
		b.state = broken
		b.mu.Unlock()
		return b.cond.NotifyAll()
	})
}

func detached(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return context.WithoutCancel(ctx)
}

// Parties returns how many make a round.
func (b *Barrier) Parties() int { return b.parties }

// NWaiting returns how many parties wait for the round to fill; while one leaves
// it is zero. It stands for Barrier.n_waiting.
func (b *Barrier) NWaiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.nWaitingLocked()
}

func (b *Barrier) nWaitingLocked() int {
	if b.state != filling {
		return 0
	}
	return b.count
}

// Broken reports whether the barrier was aborted. It stands for Barrier.broken.
func (b *Barrier) Broken() bool { return b.load() == broken }

// String describes the barrier for logs.
func (b *Barrier) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == broken {
		return "<Barrier [broken]>"
	}
	return fmt.Sprintf("<Barrier [%v, waiters:%d/%d]>", b.state, b.nWaitingLocked(), b.parties)
}
