package shm

import (
	"sync"
	"weak"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

var (
	tableMu sync.Mutex
	// table has every segment of this process, so that a handle that comes
	// home, or comes twice, means the same mapping and the same locks. It is
	// weak: being listed here keeps nothing alive.
	table = map[handoff.ID]weak.Pointer[Segment]{} // guarded by tableMu
)

func init() { handoff.SetOpener(open) }

func lookup(id handoff.ID) *Segment {
	tableMu.Lock()
	defer tableMu.Unlock()
	return table[id].Value()
}

// keep lists s and returns it, or the segment that is already listed.
func keep(s *Segment) *Segment {
	tableMu.Lock()
	defer tableMu.Unlock()
	if old := table[s.id].Value(); old != nil {
		s.file.close() // the rest of s goes with the garbage
		return old
	}
	table[s.id] = weak.Make(s)
	return s
}

// forget takes s off the list after its last handle was closed.
func forget(s *Segment) {
	tableMu.Lock()
	defer tableMu.Unlock()
	if table[s.id].Value() == s {
		delete(table, s.id)
	}
}

// forgetDead takes id off the list if its segment has been collected.
func forgetDead(id handoff.ID) {
	tableMu.Lock()
	defer tableMu.Unlock()
	if p, ok := table[id]; ok && p.Value() == nil {
		delete(table, id)
	}
}

// open lends a segment's descriptor to a peer that asks for it. The peer gets a
// duplicate, so that closing the segment meanwhile cannot make it send another
// file that happens to reuse the number.
func open(id handoff.ID) (fd uintptr, release func(), err error) {
	s := lookup(id)
	if s == nil {
		return 0, nil, handoff.ErrGone
	}
	dup, err := s.file.dup()
	if err != nil {
		return 0, nil, err
	}
	return uintptr(dup), func() { closeFile(dup) }, nil
}

// Live returns how many segments this process has listed; tests look at it.
func Live() int {
	tableMu.Lock()
	defer tableMu.Unlock()
	n := 0
	for _, p := range table {
		if p.Value() != nil {
			n++
		}
	}
	return n
}
