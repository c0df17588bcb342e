package shm

import (
	"sync"
	"weak"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

var (
	tableMu sync.Mutex
	// table has every open segment of this process, so that a handle that comes
	// home, or comes twice, means the same mapping and the same locks. It is
	// weak: being listed here keeps nothing alive.
	table = map[handoff.ID]weak.Pointer[Segment]{} // guarded by tableMu, as are the counts of handles
)

func init() {
	handoff.SetOpener(open)
	handoff.SetKeeper(hold)
}

// acquire returns an open segment with one more handle, or nil. To find it and to
// count the handle is one step: found first and counted later, it could be closed
// in between.
func acquire(id handoff.ID) *Segment {
	tableMu.Lock()
	defer tableMu.Unlock()
	s := table[id].Value()
	if s == nil || s.handles == 0 {
		return nil
	}
	s.handles++
	return s
}

// keep lists s, which has one handle, and returns it; or the segment that is
// already listed, with one handle more.
func keep(s *Segment) *Segment {
	tableMu.Lock()
	defer tableMu.Unlock()
	if old := table[s.id].Value(); old != nil && old.handles > 0 {
		old.handles++
		s.handles = 0
		return old
	}
	table[s.id] = weak.Make(s)
	return s
}

// Retain counts one more handle of this process. It reports false if the last one
// was closed.
func (s *Segment) Retain() bool {
	tableMu.Lock()
	defer tableMu.Unlock()
	if s.handles == 0 {
		return false
	}
	s.handles++
	return true
}

// Again is Retain for a caller that has a handle.
func (s *Segment) Again() *Segment {
	if !s.Retain() {
		panic("shm: a handle was closed by other code")
	}
	return s
}

// Release counts one handle less. With the last one the descriptor is closed and,
// if the header says Sliced, the data given back at once; the rest, which a lock or
// a call may still need, goes when the segment is unreachable.
func (s *Segment) Release() {
	tableMu.Lock()
	s.handles--
	last := s.handles == 0
	if last && table[s.id].Value() == s {
		delete(table, s.id)
	}
	tableMu.Unlock()
	if last {
		s.shut()
	}
}

// forgetDead takes unreachable segments off the list.
func forgetDead() {
	tableMu.Lock()
	defer tableMu.Unlock()
	for id, p := range table {
		if p.Value() == nil {
			delete(table, id)
		}
	}
}

// listed returns the open segments.
func listed() []*Segment {
	tableMu.Lock()
	defer tableMu.Unlock()
	list := make([]*Segment, 0, len(table))
	for _, p := range table {
		if s := p.Value(); s != nil && s.handles > 0 {
			list = append(list, s)
		}
	}
	return list
}

// open lends a segment's descriptor to a peer that asks for it. The peer gets a
// duplicate, so that closing the segment meanwhile cannot make it send another
// file that happens to reuse the number.
func open(id handoff.ID) (fd uintptr, release func(), err error) {
	s := acquire(id)
	if s == nil {
		return 0, nil, handoff.ErrGone
	}
	defer s.Release()
	dup, err := withRoom(s.parts.dup)
	if err != nil {
		return 0, nil, err
	}
	return uintptr(dup), func() { files.close(dup) }, nil
}

// OnHold is set by the owner of segments whose references have tickets: it keeps
// what a ticket stands for until release is called.
var OnHold func(s *Segment, ticket uint32) (release func())

// hold counts as a handle of the object, for a reference that is on its way.
func hold(id handoff.ID, ticket uint32) (release func()) {
	s := acquire(id)
	if s == nil {
		return nil
	}
	if ticket == 0 || OnHold == nil {
		return s.Release
	}
	more := OnHold(s, ticket)
	return func() {
		more()
		s.Release()
	}
}

// Live returns how many segments this process has open; tests look at it.
func Live() int { return len(listed()) }
