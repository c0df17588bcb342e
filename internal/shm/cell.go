package shm

import "sync/atomic"

// A control page has room for Cells small locks. A process takes one as a sign
// of life: while it lives the cell is held, and once it is dead the cell is free.
const (
	Cells    = (UserEnd - offCells) / cellSize
	offCells = 256
	cellSize = 16
	offState = 12 // after the lock: what the owner of the cell wants known
)

// Cell returns cell i, the same for all handles of this process.
func (s *Segment) Cell(i int) *Lock {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cells[i] == nil {
		if s.cells == nil {
			s.cells = map[int]*Lock{}
		}
		s.cells[i] = new(Lock)
		s.cells[i].init(s, uintptr(offCells+i*cellSize))
	}
	return s.cells[i]
}

// CellHeld reports whether a process that lives holds cell i.
func (s *Segment) CellHeld(i int) bool { return holds(s.cellWord(i).Load() & ownerMask) }

// CellState returns the state of cell i. It outlives the holder.
func (s *Segment) CellState(i int) *atomic.Uint32 {
	return s.U32(uintptr(offCells + i*cellSize + offState))
}

func (s *Segment) cellWord(i int) *atomic.Uint32 { return s.U32(uintptr(offCells + i*cellSize)) }

// Claim takes the first of n cells that no process holds and whose state is zero: what
// the dead have left there is still to be read. It returns -1 if there is none.
func (s *Segment) Claim(n int) int { return s.claim(n, false) }

// ClaimAny is Claim for cells whose state means nothing when its holder has died.
// The state of the cell is zero then. To clear the states of the dead without
// taking their cells would be wrong: a cell that was dead at one look can be
// taken at the next.
func (s *Segment) ClaimAny(n int) int { return s.claim(n, true) }

func (s *Segment) claim(n int, dead bool) int {
	for i := range n {
		if s.CellHeld(i) || !dead && s.CellState(i).Load() != 0 {
			continue
		}
		cell := s.Cell(i)
		ok := cell.TryLock()
		if ok && dead {
			at(StepCellClaimed)
			s.CellState(i).Store(0)
		}
		if ok && s.CellState(i).Load() == 0 {
			return i
		}
		if ok { // its holder gave it a state and died, all in between
			_ = cell.Unlock()
		}
	}
	return -1
}

// Leave gives cell i back.
func (s *Segment) Leave(i int) {
	s.CellState(i).Store(0)
	_ = s.Cell(i).Unlock()
}
