package shared

import (
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// What a process got from a joinable queue and has not accounted for with
// TaskDone stands in a cell that it holds as long as that is not zero. So what a
// dead process owes is known, and forgiven: Join counts the cells of the living.

// joinLocal is what the handles of one process share; guarded by the inner lock.
type joinLocal struct {
	cell int // plus one; 0 while this process owes nothing
}

// owe notes that this process got an item. The caller holds the inner lock.
func (r ring) owe() error {
	local := &shm.Local[ringLocal](r.seg).owes
	if local.cell == 0 {
		cell := r.seg.ClaimAny(shm.Cells) // the dead are forgiven
		if cell < 0 {
			return ErrTooMany
		}
		local.cell = cell + 1
	}
	r.seg.CellState(local.cell - 1).Add(1)
	return nil
}

// settle accounts for an item: one of this process if it owes any, else of
// another that does.
func (r ring) settle() error {
	return r.locked(func(ringState, uint64) error {
		local := &shm.Local[ringLocal](r.seg).owes
		if local.cell != 0 {
			state := r.seg.CellState(local.cell - 1)
			left := state.Load() // 0 if others settled for us
			if left > 0 {
				state.Store(left - 1)
			}
			if left <= 1 {
				r.seg.Leave(local.cell - 1)
				local.cell = 0
			}
			if left > 0 {
				return nil
			}
		}
		for i := range shm.Cells {
			if r.owed(i) > 0 {
				r.seg.CellState(i).Add(^uint32(0))
				return nil
			}
		}
		return ErrNoTask
	})
}

// owed returns what the living process with a cell owes.
func (r ring) owed(cell int) uint32 {
	state := r.seg.CellState(cell).Load()
	if state&parcelCell != 0 || !r.seg.CellHeld(cell) {
		return 0
	}
	return state
}

// settled reports whether nothing is left: no item, and none that a process
// alive owes.
func (r ring) settled() bool {
	if r.items() > 0 {
		return false
	}
	for i := range shm.Cells {
		if r.owed(i) > 0 {
			return false
		}
	}
	r.seg.Seen() // that of TaskDone, which holds the lock
	return r.items() == 0
}
