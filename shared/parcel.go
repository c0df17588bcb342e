package shared

import (
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A parcel is an item with handles in it. The process that put it holds what it refers
// to until the process that got it has decoded it, or died over it. The two do not know
// each other, so the queue tells: an item has a number, and the process that decodes a
// parcel holds a cell with its number meanwhile. What was got and is in no cell of the
// living has arrived.
const (
	parcelItem = 1 << 31 // of an item's header: it is a parcel
	parcelCell = 1 << 31 // of a cell's state: the rest is the number, in so many bits
)

func parcelNumber(n uint64) uint32 { return uint32(n) &^ parcelCell }

// parcels are those that this process has put into a queue. The queue's handles
// share them.
type parcels struct {
	mu   sync.Mutex
	sent []parcel // guarded by mu
}

type parcel struct {
	number uint64
	held   *handoff.Held
}

// add keeps what a parcel refers to. Parcels that have arrived are let go of first,
// so that no more are kept than are on their way.
func (p *parcels) add(seg *shm.Segment, number uint64, held *handoff.Held) {
	p.tidy(seg)
	p.mu.Lock()
	first := p.sent == nil
	p.sent = append(p.sent, parcel{number, held})
	p.mu.Unlock()
	if first {
		seg.Tidy(func(closed bool) {
			if closed {
				p.drop(func(uint64) bool { return true })
			} else {
				p.tidy(seg)
			}
		})
	}
}

// tidy lets go of what has arrived.
func (p *parcels) tidy(seg *shm.Segment) {
	state, _ := loadWide[ringState](seg)
	// In this order: a cell is there before its item is got.
	open := map[uint32]bool{}
	for i := range shm.Cells {
		if cell := seg.CellState(i).Load(); cell&parcelCell != 0 && seg.CellHeld(i) {
			open[cell&^parcelCell] = true
		}
	}
	p.drop(func(number uint64) bool { return number < state.Got && !open[parcelNumber(number)] })
}

func (p *parcels) drop(which func(number uint64) bool) {
	var gone []parcel
	p.mu.Lock()
	left := p.sent[:0]
	for _, one := range p.sent {
		if which(one.number) {
			gone = append(gone, one)
		} else {
			left = append(left, one)
		}
	}
	clear(p.sent[len(left):])
	p.sent = left
	p.mu.Unlock()
	for _, one := range gone {
		one.held.Release()
	}
}

// open shows that this process is about to decode the parcel with a number. The
// caller holds the inner lock, and calls the result when it has decoded it.
func (r ring) open(number uint64) (opened func(), err error) {
	cell := r.seg.ClaimAny(shm.Cells)
	if cell < 0 {
		return nil, ErrTooMany
	}
	r.seg.CellState(cell).Store(parcelCell | parcelNumber(number))
	return func() { r.seg.Leave(cell) }, nil
}
