package shared

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// A Condition lets processes wait for a change of what a lock guards. It is
// Python's multiprocessing.Condition.
//
// Waiters are woken in the order in which they came. A waiter that dies before it
// was notified does not count; one that dies after it, but before it has the lock
// again, passes the notification on. Up to 240 goroutines can wait at once; one more
// gets ErrTooMany.
//
// The zero Condition is closed; it can be decoded into. A Condition must not be
// copied.
type Condition struct {
	own   Mutex  // the handle of the condition, and its lock if it has its own
	other *Mutex // the lock if it was given one
	came  bool   // other came with the handle, and is closed with it
}

// NewCondition makes a condition for what m guards, or one with a lock of its
// own if m is nil.
func NewCondition(m *Mutex) (*Condition, error) {
	c := &Condition{other: m}
	if m != nil {
		if _, err := m.h.use(); err != nil {
			return nil, err
		}
	}
	if err := c.own.h.create(shm.Header{Kind: kindCondition}, 0); err != nil {
		return nil, err
	}
	return c, nil
}

// Mutex returns the lock of the condition, also after Close.
func (c *Condition) Mutex() *Mutex {
	if c.other != nil {
		return c.other
	}
	return &c.own
}

// Each waiter holds a cell. Its state is the number of the waiter's turn and
// whether it was notified. States change under the segment's inner lock, or by
// the waiter while it holds the condition's lock.
const (
	condWaiting  = 1
	condNotified = 2
	condMask     = 3
	turnBits     = 30
)

// enter returns the segments of the condition and of its lock, which this
// process must hold.
func (c *Condition) enter() (seg *shm.Segment, l *shm.Lock, err error) {
	if seg, err = c.own.h.use(); err != nil {
		return nil, nil, err
	}
	lockSeg, err := c.Mutex().h.use()
	if err != nil {
		return nil, nil, err
	}
	if !lockSeg.Main().Ours() {
		return nil, nil, ErrNotLocked
	}
	return seg, lockSeg.Main(), nil
}

// Wait releases the lock, waits to be notified, and takes the lock again before it
// returns, whatever it returns. It never returns nil without a notification, but what
// the caller waits for may have changed again by then: use WaitFor.
//
// Without the lock it returns [ErrNotLocked] at once. If ctx ends first it returns
// ctx's error, and if the condition is closed [ErrClosed]; a notification wins over
// both. Taking the lock again cannot be canceled. If the lock's holder died meanwhile,
// the error is [ErrOwnerDied], too. A waiter whose process dies does not use up a
// notification: the next waiter gets it. In a task Wait suspends the task.
func (c *Condition) Wait(ctx context.Context) error {
	seg, l, err := c.enter()
	if err != nil {
		return err
	}
	if h := whose.Current(ctx); h != nil && !h.CanPark() {
		return whose.ErrWouldBlock
	}
	c.reap(seg)
	cell := seg.Claim(shm.Cells)
	if cell < 0 {
		return ErrTooMany
	}
	state := seg.CellState(cell)
	state.Store(seg.U32(offTicket).Add(1)<<2 | condWaiting)
	if err := l.Unlock(); err != nil {
		seg.Leave(cell)
		return lockError(err)
	}
	err = seg.Lot(offLot).Wait(ctx, &c.own.h.closed, func() (bool, error) {
		c.reap(seg)
		return state.Load()&condMask == condNotified, nil
	})
	lockErr := l.LockAnyway(ctx)
	if state.Load()&condMask == condNotified {
		err = nil
	}
	seg.Leave(cell)
	if lockErr == nil && l.Dead() != 0 {
		lockErr = &OwnerDiedError{PID: l.Dead()}
	}
	switch {
	case lockErr == nil:
		return lockError(err)
	case err == nil:
		return lockErr
	default:
		return fmt.Errorf("%w, and while it waited: %w", lockError(err), lockErr)
	}
}

// WaitFor waits until pred is true, calling it with the lock held, first before any
// wait. It returns nil if pred was true when it was called last, also after ctx ended;
// otherwise what Wait returned: ctx's error, [ErrClosed] after Close, or
// [ErrOwnerDied] if the lock's holder died. It is Python's wait_for.
func (c *Condition) WaitFor(ctx context.Context, pred func() bool) error {
	if _, _, err := c.enter(); err != nil {
		return err
	}
	for !pred() {
		if err := c.Wait(ctx); err != nil {
			if pred() {
				return nil
			}
			return err
		}
	}
	return nil
}

// Notify wakes up to n waiters; they return when they have the lock, which the caller
// must hold and release. Without the lock it returns [ErrNotLocked]. It never blocks.
// Another call wakes other waiters, and the notification of a waiter that dies before
// it has the lock goes to the next. If there are fewer waiters than n, the rest is
// lost; with n below 1 it notifies none. After Close it returns [ErrClosed].
func (c *Condition) Notify(n int) error {
	seg, _, err := c.enter()
	if err != nil {
		return err
	}
	c.reap(seg)
	seg.Aux().LockShort()
	notify(seg, n)
	_ = seg.Aux().Unlock()
	seg.Lot(offLot).Signal(math.MaxInt32)
	return nil
}

// NotifyAll wakes all waiters, without those that died; a later call wakes those that
// came after it. It never blocks. Without the lock it returns [ErrNotLocked], after
// Close [ErrClosed].
func (c *Condition) NotifyAll() error { return c.Notify(shm.Cells) }

// notify marks the n waiters that have waited longest. The caller holds the inner
// lock.
func notify(seg *shm.Segment, n int) {
	var waiting []int
	for i := range shm.Cells {
		if seg.CellState(i).Load()&condMask == condWaiting && seg.CellHeld(i) {
			waiting = append(waiting, i)
		}
	}
	newest := seg.U32(offTicket).Load()
	age := func(i int) uint32 { // turns wrap around
		return (newest - seg.CellState(i).Load()>>2) & (1<<turnBits - 1)
	}
	slices.SortFunc(waiting, func(a, b int) int { return int(age(b)) - int(age(a)) })
	for _, i := range waiting[:min(max(n, 0), len(waiting))] {
		state := seg.CellState(i)
		state.Store(state.Load()&^condMask | condNotified)
	}
}

// reap clears away waiters that died. Killed in the middle, it is done again by
// the next one, at worst with a notification too many.
func (c *Condition) reap(seg *shm.Segment) {
	dead := func(i int) bool { return seg.CellState(i).Load() != 0 && !seg.CellHeld(i) }
	found := false
	for i := range shm.Cells {
		found = found || dead(i)
	}
	if !found {
		return
	}
	seg.Aux().LockShort()
	for i := range shm.Cells {
		if dead(i) {
			if seg.CellState(i).Load()&condMask == condNotified {
				notify(seg, 1)
			}
			seg.CellState(i).Store(0)
		}
	}
	_ = seg.Aux().Unlock()
	seg.Lot(offLot).Signal(math.MaxInt32)
}

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Goroutines that wait through it get ErrClosed, with the lock. A lock that
// NewCondition was given stays open, one that came with a decoded handle is closed.
// Closing twice does nothing. If the process dies, the kernel closes its handles.
func (c *Condition) Close() error {
	if c.came {
		_ = c.other.Close() // never fails
	}
	return c.own.h.shut()
}

// MarshalBinary encodes the handle, and that of the lock, for another process. To
// encode it again gives one that is as good. If this process dies before it is
// decoded, UnmarshalBinary fails there. After Close MarshalBinary returns [ErrClosed].
func (c *Condition) MarshalBinary() ([]byte, error) {
	own, err := c.own.h.marshal()
	if err != nil || c.other == nil {
		return own, err
	}
	other, err := c.other.h.marshal()
	if err != nil {
		return nil, err
	}
	b := binary.AppendUvarint(nil, uint64(len(other)))
	return append(append(b, other...), own...), nil
}

// UnmarshalBinary makes c a handle of the condition that b encodes. It may ask the
// process that sent b for descriptors, which blocks for a round trip. If that process
// has died it returns an error. What the handle was before is replaced, and a closed
// one is open again.
func (c *Condition) UnmarshalBinary(b []byte) error {
	var other *Mutex
	if len(b) > encodedSize {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return fmt.Errorf("shared: %d bytes are no handle of a Condition", len(b))
		}
		other = new(Mutex)
		if err := other.UnmarshalBinary(b[n:][:size]); err != nil {
			return err
		}
		b = b[n:][size:]
	}
	if err := c.own.h.unmarshalKind(b, kindCondition, "Condition"); err != nil {
		if other != nil {
			_ = other.Close()
		}
		return err
	}
	if c.came {
		_ = c.other.Close()
	}
	c.other, c.came = other, other != nil
	return nil
}
