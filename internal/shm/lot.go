package shm

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A waiter whose waker was killed between the change and the wake-up would sleep
// on, and so would those behind a woken waiter that was killed before it
// acted. So none sleeps for long: each looks again after firstNap, and
// after twice that and so on up to lastNap.
const (
	firstNap = 4 * time.Millisecond
	lastNap  = 32 * time.Millisecond
)

// A Lot is where goroutines wait for a condition that some process will make
// true. It stands for a word of the control page that changes with every such
// change. In each process one waiting goroutine sleeps in the kernel for all; the
// others wait for it in Go, so that a thousand of them cost one thread.
type Lot struct {
	word     *atomic.Uint32
	sleepers *atomic.Uint32 // in the kernel; may be too high after a death, never too low

	mu     sync.Mutex
	asleep bool          // one sleeps for all; guarded by mu
	turn   chan struct{} // closed when the others must look again; guarded by mu
}

// LotSize is how many bytes of the control page a Lot takes.
const LotSize = 8

// Lot returns the lot at an offset of the control page, the same for all
// handles of this process.
func (s *Segment) Lot(off uintptr) *Lot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lots[off] == nil {
		if s.lots == nil {
			s.lots = map[uintptr]*Lot{}
		}
		s.lots[off] = &Lot{word: s.U32(off), sleepers: s.U32(off + 4)}
	}
	return s.lots[off]
}

// WakeAll makes all waiters of all locks and lots of the segment look again.
func (s *Segment) WakeAll() {
	s.main.Wake()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recheck != nil {
		close(s.recheck)
		s.recheck = nil
	}
	for _, l := range s.lots {
		FutexWake(l.word, 1<<30)
		l.mu.Lock()
		l.tell()
		l.mu.Unlock()
	}
}

// Rechecked returns a channel that the next WakeAll closes.
func (s *Segment) Rechecked() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recheck == nil {
		s.recheck = make(chan struct{})
	}
	return s.recheck
}

// Signal changes the word and wakes up to n sleeping processes, after the
// caller changed what they wait for.
func (l *Lot) Signal(n int) {
	l.word.Add(1)
	l.Wake(n)
}

// Wake is Signal for a word that the caller changed itself.
func (l *Lot) Wake(n int) {
	if l.sleepers.Load() != 0 {
		FutexWake(l.word, n)
	}
}

// Wait returns when ready reports true or an error, when ctx ends, or with
// ErrClosed when closed is set. It calls ready often, never twice at a time for
// one call of Wait, and at least once before it looks at ctx. In a task it
// suspends the task, and ready runs on other goroutines.
func (l *Lot) Wait(ctx context.Context, closed *atomic.Bool, ready func() (bool, error)) error {
	if ok, err := ready(); ok || err != nil {
		return err
	}
	return whose.Block(ctx, func(ctx context.Context) error {
		err := l.wait(ctx, closed, ready)
		l.resign()
		if err != nil {
			l.Wake(1) // we may have used up a wake-up that was meant for another
		}
		return err
	})
}

func (l *Lot) wait(ctx context.Context, closed *atomic.Bool, ready func() (bool, error)) error {
	// Here, not while others rely on our sleep: a context may be the user's code.
	done := ctx.Done()
	stop := WakeOnDone(ctx, l.word)
	defer stop()
	for nap := firstNap; ; {
		seen := l.word.Load()
		ok, err := ready()
		switch {
		case ok || err != nil:
			return err
		case ended(done):
			return contextError(ctx)
		case closed.Load():
			return ErrClosed
		case l.sleep(done, closed, seen, nap):
			nap = firstNap
		default:
			nap = min(2*nap, lastNap)
		}
	}
}

// sleep returns after a while, or when the word is not seen any more. It reports
// whether that was so.
func (l *Lot) sleep(done <-chan struct{}, closed *atomic.Bool, seen uint32, nap time.Duration) bool {
	l.mu.Lock()
	// Closing sets closed before it takes mu to tell the others, so one that
	// sees it unset here will be told.
	if l.word.Load() != seen || closed.Load() {
		l.mu.Unlock()
		return true
	}
	if l.asleep {
		// The one that sleeps for all has seen either this word, or an older
		// one; then it is about to notice. It will tell.
		if l.turn == nil {
			l.turn = make(chan struct{})
		}
		turn := l.turn
		l.mu.Unlock()
		select {
		case <-turn:
		case <-done:
		}
		return true
	}
	l.asleep = true
	l.mu.Unlock()

	l.sleepers.Add(1)
	at(StepWaitMarked)
	FutexWait(l.word, seen, nap)
	at(StepWaitWoken)
	l.sleepers.Add(^uint32(0))

	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep = false
	changed := l.word.Load() != seen
	if changed {
		l.tell()
	}
	return changed
}

// resign makes one of the others sleep for all, after this goroutine may have
// done so.
func (l *Lot) resign() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.asleep {
		l.tell()
	}
}

// tell makes all of this process look again, to be called with mu held.
func (l *Lot) tell() {
	if l.turn != nil {
		close(l.turn)
		l.turn = nil
	}
}

// Sleepers returns how many processes sleep here; tests wait for that.
func (l *Lot) Sleepers() int { return int(l.sleepers.Load()) }
