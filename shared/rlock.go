package shared

import (
	"context"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// An RLock is a Mutex that the goroutine which holds it can take again. It is
// Python's multiprocessing.RLock, with goroutines and tasks in the place of
// threads. Prefer a Mutex: code that needs to take a lock twice usually does not
// know what the lock guards.
//
// The zero RLock is closed; it can be decoded into. An RLock must not be copied.
type RLock struct{ mu Mutex }

// rlockLocal is what the handles of one process share. count is for the owner
// only.
type rlockLocal struct {
	owner atomic.Int64 // the goroutine that holds the lock, or 0
	count int
}

// NewRLock makes a lock that is free.
func NewRLock() (*RLock, error) {
	r := new(RLock)
	if err := r.mu.h.create(shm.Header{Kind: kindRLock}, 0); err != nil {
		return nil, err
	}
	return r, nil
}

// Lock takes the lock, or takes it once more if this goroutine holds it. It waits as
// [Mutex.Lock] does: if ctx ends first it returns ctx's error, after Close
// [ErrClosed]. If the holder died it returns [ErrOwnerDied] and has the lock. A
// goroutine that ends with the lock keeps it for as long as its process lives.
func (r *RLock) Lock(ctx context.Context) error {
	seg, err := r.mu.h.use()
	if err != nil {
		return err
	}
	local, me := shm.Local[rlockLocal](seg), whose.ID()
	if local.owner.Load() == me && seg.Main().Ours() {
		local.count++
		return nil
	}
	l := seg.Main()
	if err := l.Lock(ctx, &r.mu.h.closed); err != nil {
		return lockError(err)
	}
	return local.taken(l, me)
}

// TryLock is Lock that returns false instead of waiting. If this goroutine holds the
// lock it takes it once more. If the holder died it returns true with [ErrOwnerDied];
// after Close it returns [ErrClosed]. It never blocks.
func (r *RLock) TryLock() (bool, error) {
	seg, err := r.mu.h.use()
	if err != nil {
		return false, err
	}
	local, me := shm.Local[rlockLocal](seg), whose.ID()
	if local.owner.Load() == me && seg.Main().Ours() {
		local.count++
		return true, nil
	}
	l := seg.Main()
	if !l.TryLock() {
		return false, nil
	}
	return true, local.taken(l, me)
}

func (local *rlockLocal) taken(l *shm.Lock, me int64) error {
	local.owner.Store(me)
	local.count = 1
	if l.Dead() != 0 {
		return &OwnerDiedError{PID: l.Dead()}
	}
	return nil
}

// Unlock undoes one Lock; with the first one undone the lock is free and a waiter
// wakes. It never blocks. It returns ErrNotOwner to any goroutine but the one that
// holds the lock. It works on a closed handle too.
func (r *RLock) Unlock() error {
	seg := r.mu.h.seg.Load()
	if seg == nil {
		return ErrClosed
	}
	local := shm.Local[rlockLocal](seg)
	if local.owner.Load() != whose.ID() || !seg.Main().Ours() {
		return ErrNotOwner
	}
	if local.count--; local.count > 0 {
		return nil
	}
	local.owner.Store(0)
	return lockError(seg.Main().Unlock())
}

// Consistent declares that what the lock guards is in order again after a holder died,
// so that the next holder does not get [ErrOwnerDied]; see [Mutex.Consistent]. After
// Close it returns [ErrClosed].
func (r *RLock) Consistent() error { return r.mu.Consistent() }

// Close ends the use of this handle; see [Mutex.Close]. Closing twice does nothing. If
// the process dies, the kernel closes its handles.
func (r *RLock) Close() error { return r.mu.Close() }

// MarshalBinary encodes the handle for another process. To encode it again gives one
// that is as good. If this process dies before it is decoded, UnmarshalBinary fails
// there. After Close MarshalBinary returns [ErrClosed].
func (r *RLock) MarshalBinary() ([]byte, error) { return r.mu.MarshalBinary() }

// UnmarshalBinary makes r a handle of the lock that b encodes. It may ask the process
// that sent b for a descriptor, which blocks for one round trip. If that process has
// died it returns an error. What the handle was before is replaced, and a closed one
// is open again.
func (r *RLock) UnmarshalBinary(b []byte) error {
	return r.mu.h.unmarshalKind(b, kindRLock, "RLock")
}
