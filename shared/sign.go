package shared

import (
	"math"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// Who has an end of a pipe shows it by a sign: a cell that the process holds,
// with the role as its state. A sign goes with its process.
const (
	signReader = 1
	signWriter = 2
	signOnWay  = 4 // of a handle that was encoded and not yet decoded
	signOver   = 8 // of one that was: it does not count any more
)

type sign struct {
	seg  *shm.Segment
	cell int
	once sync.Once
}

func newSign(seg *shm.Segment, state uint32) (*sign, error) {
	for i := range shm.Cells { // forget the dead
		if seg.CellState(i).Load() != 0 && !seg.CellHeld(i) {
			seg.CellState(i).Store(0)
		}
	}
	cell, err := seg.Claim(shm.Cells)
	if err != nil {
		return nil, err
	}
	if cell < 0 {
		return nil, ErrTooMany
	}
	seg.CellState(cell).Store(state)
	return &sign{seg: seg, cell: cell}, nil
}

// leave takes the sign down and makes everybody look.
func (s *sign) leave() {
	s.once.Do(func() {
		s.seg.Leave(s.cell)
		s.seg.Lot(offNotEmpty).Signal(math.MaxInt32)
		s.seg.Lot(offNotFull).Signal(math.MaxInt32)
	})
}

func leaveAll(signs []*sign) {
	for _, s := range signs {
		s.leave()
	}
}

// signs reports whether anybody alive has the role.
func signs(seg *shm.Segment, role uint32) bool {
	for i := range shm.Cells {
		if state := seg.CellState(i).Load(); state&role != 0 && state&signOver == 0 && seg.CellHeld(i) {
			return true
		}
	}
	return false
}

// onWay is how long an encoded handle counts.
const onWay = 30 * time.Second

// send puts up a sign for a handle that is on its way. Where there is no room for
// one, the receiver has to be there before the sender leaves.
func send(seg *shm.Segment, role uint32) {
	if s, err := newSign(seg, role|signOnWay); err == nil {
		time.AfterFunc(onWay, s.leave)
	}
}

// received makes a handle that was on its way count no more, after the receiver
// has put up a sign of its own.
func received(seg *shm.Segment, role uint32) {
	for i := range shm.Cells {
		if seg.CellState(i).CompareAndSwap(role|signOnWay, role|signOver) {
			return
		}
	}
}

// A life is the signs of one handle.
type life struct {
	mu    sync.Mutex
	signs []*sign
}

func (l *life) begin(signs ...*sign) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signs = signs
}

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	leaveAll(l.signs)
	l.signs = nil
}
