package shared

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Mutex is a lock that processes share. It is Python's multiprocessing.Lock,
// except that it survives the death of its holder: the next one gets it within
// milliseconds, and ErrOwnerDied with it.
//
// It is not reentrant. Like Python's, it may be released by another goroutine than
// the one that took it, and by another process. A Mutex travels to other processes
// as an argument of a call; all handles of one lock are the same lock. Taking and
// releasing a free one costs about 20 ns; a process can hold any number at once.
//
// The zero Mutex is closed; it can be decoded into. A Mutex must not be copied.
type Mutex struct{ h handle }

// NewMutex makes a lock, free and in memory of its own. It is Lock() of
// Python's multiprocessing.
func NewMutex() (*Mutex, error) {
	m := new(Mutex)
	if err := m.h.create(shm.Header{Kind: kindMutex}, 0); err != nil {
		return nil, err
	}
	return m, nil
}

// Lock takes the lock, waiting for it as long as ctx allows. In a task the wait
// suspends the task. If ctx ends first, Lock returns ctx's error without the lock; a
// free lock it takes even if ctx is done already. To lock it twice waits for the first
// one's Unlock.
//
// If the holder died with the lock, Lock returns [ErrOwnerDied] and has the lock.
// Every later Lock returns it too, until a holder calls [Mutex.Consistent]. After
// Close, also one during the wait, it returns [ErrClosed]. It is Python's acquire.
func (m *Mutex) Lock(ctx context.Context) error {
	s, err := m.h.use()
	if err != nil {
		return err
	}
	l := s.Main()
	if err := l.Lock(ctx, &m.h.closed); err != nil {
		return lockError(err)
	}
	if l.Dead() != 0 {
		return &OwnerDiedError{PID: l.Dead()}
	}
	return nil
}

// TryLock takes the lock if it is free, and reports whether it did. It never blocks.
// It returns false while the lock is held, a second time by the same goroutine
// included. If the holder died it returns true with [ErrOwnerDied], as Lock does;
// after Close it returns [ErrClosed]. It is Python's acquire(block=False).
func (m *Mutex) TryLock() (bool, error) {
	s, err := m.h.use()
	if err != nil {
		return false, err
	}
	l := s.Main()
	if !l.TryLock() {
		return false, nil
	}
	if l.Dead() != 0 {
		return true, &OwnerDiedError{PID: l.Dead()}
	}
	return true, nil
}

// Unlock releases the lock and wakes one waiter. It never blocks. It returns
// [ErrNotLocked] if the lock is free; a second Unlock releases the lock of another
// goroutine of this process that has taken it meanwhile. It works on a closed handle
// too, so that closing cannot keep a lock from the other processes. It is Python's
// release.
func (m *Mutex) Unlock() error {
	s := m.h.seg.Load()
	if s == nil {
		return ErrClosed
	}
	return lockError(s.Main().Unlock())
}

// Consistent declares that what the lock guards is in order again after a holder died,
// so that the next holder does not get [ErrOwnerDied]. Only the holder may call it:
// without the lock it returns [ErrNotLocked]. Without need, or a second time, it does
// nothing. After Close it returns [ErrClosed].
func (m *Mutex) Consistent() error {
	s, err := m.h.use()
	if err != nil {
		return err
	}
	if !s.Main().Ours() {
		return ErrNotLocked
	}
	s.Main().Consistent()
	return nil
}

// Do runs fn with the lock held and releases it whatever fn does: a panic in it goes
// on to the caller, and runtime.Goexit ends the goroutine, both without the lock. What
// fn has done so far stays, as after an exception in Python.
//
// Do waits as [Mutex.Lock] does, and returns fn's error, or without running fn that of
// Lock: ctx's error if ctx ends first, [ErrClosed] after Close, [ErrOwnerDied] if the
// last holder died. The lock is released again then, for a caller of Lock that can
// repair. Called in its own fn, Do returns [ErrReentry]. It is Python's with
// statement.
func (m *Mutex) Do(ctx context.Context, fn func() error) error {
	return m.h.run(ctx, func(s *shm.Segment) error {
		if pid := s.Main().Dead(); pid != 0 {
			return &OwnerDiedError{PID: pid}
		}
		return fn()
	})
}

// run runs fn with the main lock held, and releases it whatever fn does.
func (h *handle) run(ctx context.Context, fn func(*shm.Segment) error) error {
	s, err := h.use()
	if err != nil {
		return err
	}
	l, me := s.Main(), whose.ID()
	if l.Runner.Load() == me {
		return ErrReentry
	}
	if err := l.Lock(ctx, &h.closed); err != nil {
		return lockError(err)
	}
	l.Runner.Store(me)
	defer func() {
		l.Runner.Store(0)
		_ = l.Unlock() // fn may have released it, which is its right
	}()
	return fn(s)
}

// Locker returns the lock as a [sync.Locker], for code that knows no context and no
// errors. Its methods do the same as Lock and Unlock, twice and at any other time;
// where those return an error, these panic with it. Lock panics after Close, and
// Unlock works. That a holder died Lock does not say: [ErrOwnerDied] stays for the
// next call of [Mutex.Lock].
func (m *Mutex) Locker() sync.Locker { return locker{m} }

type locker struct{ m *Mutex }

func (l locker) Lock() {
	s := l.m.h.must()
	if err := s.Main().Lock(context.Background(), &l.m.h.closed); err != nil {
		panic(lockError(err))
	}
}

func (l locker) Unlock() {
	if err := l.m.Unlock(); err != nil {
		panic(err)
	}
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Goroutines that wait through this handle get ErrClosed. Closing twice does
// nothing. If the process dies, the kernel closes its handles.
func (m *Mutex) Close() error { return m.h.shut() }

// MarshalBinary encodes the handle for another process. To encode it again gives one
// that is as good. If this process dies before it is decoded, UnmarshalBinary fails
// there. After Close MarshalBinary returns [ErrClosed].
func (m *Mutex) MarshalBinary() ([]byte, error) { return m.h.marshal() }

// UnmarshalBinary makes m a handle of the lock that b encodes. It may ask the process
// that sent b for a descriptor, which blocks for one round trip. The lock of a Value,
// an Array or a Condition can be decoded into a Mutex, too; another handle gets
// ErrType. If that process has died it returns an error. What the handle was before is
// replaced, and a closed one is open again.
func (m *Mutex) UnmarshalBinary(b []byte) error {
	return m.h.unmarshal(b, func(head shm.Header, _ int) error {
		switch head.Kind {
		case kindMutex, kindValue, kindArray | shm.Sliced, kindCondition:
			return nil
		}
		return fmt.Errorf("%w: the handle is not that of a Mutex", ErrType)
	})
}
