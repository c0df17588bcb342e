package shared

import "github.com/seed-1b9fde7b/asyncgo/internal/shm"

// HasSleeper reports whether a thread sleeps in the kernel for m.
func HasSleeper(m *Mutex) bool { return m.h.must().Main().HasSleeper() }

// InFront reports whether a goroutine of this process is first in the queue for m.
func InFront(m *Mutex) bool { return m.h.must().Main().InFront() }

// Sleepers returns how many processes sleep in the kernel for what v offers.
func Sleepers(v any) int {
	switch v := v.(type) {
	case *Semaphore:
		return v.h.must().Lot(offLot).Sleepers()
	case *BoundedSemaphore:
		return v.h.must().Lot(offLot).Sleepers()
	case *Event:
		return v.h.must().Lot(offLot).Sleepers()
	case *Condition:
		return v.own.h.must().Lot(offLot).Sleepers()
	case interface{ sleepers() int }:
		return v.sleepers()
	case *Barrier:
		return v.h.must().Lot(offLot).Sleepers()
	}
	panic("no lot")
}

// Waiting returns how many wait for c and were not notified.
func Waiting(c *Condition) (n int) {
	seg := c.own.h.must()
	for i := range shm.Cells {
		if seg.CellState(i).Load()&condMask == condWaiting && seg.CellHeld(i) {
			n++
		}
	}
	return n
}

func (q *Queue[T]) sleepers() int {
	seg := q.h.must()
	return seg.Lot(offNotEmpty).Sleepers() + seg.Lot(offNotFull).Sleepers() + seg.Lot(offDone).Sleepers()
}

// Spoil overwrites the memory of v from the given offset on, as a process gone
// mad could.
func Spoil(v interface{ spoil() []byte }, at int, garbage []byte) {
	data := v.spoil()
	copy(data[at%len(data):], garbage)
}

func (q *Queue[T]) spoil() []byte      { return q.h.must().Data() }
func (l *ShareableList) spoil() []byte { return l.h.must().Data() }

// A Sign is that of a process that has the reading end of what c sends to.
type Sign struct{ s *sign }

// NewSign puts up a sign with a ticket.
func NewSign[T any](c *Conn[T], ticket uint32) (Sign, error) {
	s, err := newSign(c.tx.must(), signReader|signOnWay|ticket<<signBits)
	return Sign{s}, err
}

// Stands reports whether the sign shows what it was put up with.
func (s Sign) Stands(ticket uint32) bool {
	return s.s.seg.CellState(s.s.cell).Load() == signReader|signOnWay|ticket<<signBits
}

// Leave takes the sign down.
func (s Sign) Leave() { s.s.leave() }

// Die does to the sign what the kernel does when its process dies.
func (s Sign) Die() { _ = s.s.seg.Cell(s.s.cell).Unlock() }
