//go:build linux

package shared

import "github.com/seed-1b9fde7b/asyncgo/internal/shm"

// HasSleeper reports whether somebody sleeps in the kernel for m.
func HasSleeper(m *Mutex) bool { return m.h.must().Main().HasSleeper() }

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
