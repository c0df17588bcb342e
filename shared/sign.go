package shared

import (
	"math"
	"math/rand/v2"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A process that has an end of a pipe shows it by a sign: a cell that the process
// holds, with the role as its state. A sign goes with its process. Only the holder of a
// cell gives it another state, with one exception: received.
const (
	signReader = 1
	signWriter = 2
	signOnWay  = 4 // of a handle that is on its way; the state is its ticket, too
	signOver   = 8 // of one that has arrived: it does not count any more
	signBits   = 4
)

type sign struct {
	seg  *shm.Segment
	cell int
	once sync.Once
}

func newSign(seg *shm.Segment, state uint32) (*sign, error) {
	cell := seg.ClaimAny(shm.Cells)
	if cell < 0 {
		return nil, ErrTooMany
	}
	seg.CellState(cell).Store(state)
	return &sign{seg: seg, cell: cell}, nil
}

// leave takes the sign down and makes all look.
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

// signs reports whether a process alive has the role.
func signs(seg *shm.Segment, role uint32) bool {
	for i := range shm.Cells {
		if state := seg.CellState(i).Load(); state&role != 0 && state&(signOver|parcelCell) == 0 && seg.CellHeld(i) {
			return true
		}
	}
	return false
}

// newTicket returns a ticket for a handle with the role. Two tickets are the same
// once in 130 million times, and it matters only if both are on their way.
func newTicket(role uint32) uint32 { return role | signOnWay | rand.Uint32()<<signBits&^parcelCell }

func init() { shm.OnHold = onWay }

// onWay puts up a sign for a handle that is on its way, until release is called.
// Where there is no room for one, the receiver has to be there before the sender
// leaves.
func onWay(seg *shm.Segment, ticket uint32) (release func()) {
	s, err := newSign(seg, ticket)
	if err != nil {
		return func() {}
	}
	return s.leave
}

// received makes a handle that was on its way count no more, after the receiver
// has put up a sign of its own. The sender's sign stays until it lets go of it.
func received(seg *shm.Segment, ticket uint32) {
	for i := range shm.Cells {
		if seg.CellState(i).CompareAndSwap(ticket, ticket|signOver) {
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
