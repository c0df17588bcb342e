package executor

import (
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A flight is a call that was sent. The call is nil after it was taken back; the
// worker still passes over it.
type flight struct {
	id   uint64
	call *processCall
}

// flightRoom is the length of the array in which a worker's flights move
// forward: long enough for them to be copied back to its beginning only once in a
// while.
const flightRoom = 4 * maxPrefetch

// launchLocked notes that call was sent, as the last of the worker's flights.
func (w *processWorker) launchLocked(call *processCall) {
	if len(w.flights) == cap(w.flights) {
		if w.flightRoom == nil {
			w.flightRoom = make([]flight, flightRoom)
		}
		n := copy(w.flightRoom, w.flights)
		clear(w.flightRoom[n:])
		w.flights = w.flightRoom[:n]
	}
	w.flights = append(w.flights, flight{id: call.id, call: call})
	w.load++
	w.ahead += call.expect
}

// landLocked takes the flight with the given id, and all before it that were
// taken back.
func (w *processWorker) landLocked(id uint64) (*processCall, error) {
	for i, f := range w.flights {
		if f.id == id && f.call != nil {
			clear(w.flights[:i+1])
			w.flights = w.flights[i+1:]
			w.unloadLocked(f.call)
			return f.call, nil
		}
		if f.id >= id || f.call != nil {
			break
		}
	}
	return nil, fmt.Errorf("%w: a result of call %d, which is not the one to come", wire.ErrGarbage, id)
}

// recalledLocked takes the call out of a flight whose claim was revoked.
func (w *processWorker) recalledLocked(f *flight) *processCall {
	call := f.call
	f.call = nil
	w.unloadLocked(call)
	call.worker = nil
	return call
}

func (w *processWorker) unloadLocked(call *processCall) {
	w.load--
	w.ahead -= call.expect
	if w.load == 0 {
		w.ahead = 0 // no rounding errors add up
	}
}

// windowFull reports whether the claims have no room for another call.
func (w *processWorker) windowFull() bool { return len(w.flights) >= maxPrefetch+1 }

// headCallLocked returns the call that the worker runs, or is about to.
func (w *processWorker) headCallLocked() *processCall {
	for _, f := range w.flights {
		if f.call != nil {
			return f.call
		}
	}
	return nil
}
