package sched

import "errors"

// A Worker is a worker as the scheduler sees it. It stands inside what a worker is to
// the pool, a W. The scheduler changes all of it but Of.
type Worker[C, W any] struct {
	Of *W // what it stands in

	state     state
	idle      bool
	idleSince int64
	flights   []Flight[C] // calls that were sent, in order: a part of room
	room      []Flight[C]
	load      int     // flights that still have their call
	ahead     float64 // nanoseconds that these are expected to take
	lastID    uint64  // of the call that was sent last
	begun     uint64  // all flights up to this id are known to have begun
	finished  int     // calls that it has finished

	overlooked bool // it is not counted among those that start
	occupied   bool // it cannot be sent anything now
	pinned     bool // it must not leave now
	retiring   bool // it gets no more calls
	late       bool // its call takes longer than was expected

	hungry bool // it is to be given what it may have; see Scheduler.hunger
	share  int  // of what waits, if it is hungry
	taken  int  // what it has got of that
}

// A state only moves forward.
type state uint8

const (
	coming  state = iota // it gets no calls yet, but for its initializer
	ready                // it takes calls
	leaving              // it was told to leave
	gone
)

// A Flight is a call that was sent. The call is nil after it was taken back; the
// worker still passes over it.
type Flight[C any] struct {
	ID     uint64
	Call   *Call[C]
	Expect float64 // run time in nanoseconds that was expected when it was sent
}

// Load returns how many calls the worker has.
func (w *Worker[C, W]) Load() int { return w.load }

// Ahead returns how long these are expected to run, in nanoseconds.
func (w *Worker[C, W]) Ahead() float64 { return w.ahead }

// Finished returns how many calls the worker has finished.
func (w *Worker[C, W]) Finished() int { return w.finished }

// Idle reports whether the worker waits for a call.
func (w *Worker[C, W]) Idle() bool { return w.idle }

// Ready reports whether the worker takes calls.
func (w *Worker[C, W]) Ready() bool { return w.state == ready }

// Occupied reports whether [Scheduler.Occupy] was called, and [Scheduler.Free] not yet.
func (w *Worker[C, W]) Occupied() bool { return w.occupied }

// Retiring reports whether the worker gets no more calls because of [Scheduler.Retire].
func (w *Worker[C, W]) Retiring() bool { return w.retiring }

// Flights returns what was sent to the worker, in order. It must not be changed.
func (w *Worker[C, W]) Flights() []Flight[C] { return w.flights }

// Head returns the flight of the call that the worker runs, or is about to; one
// without a call if there is none.
func (w *Worker[C, W]) Head() Flight[C] {
	for _, f := range w.flights {
		if f.Call != nil {
			return f
		}
	}
	return Flight[C]{}
}

// launch notes that c was sent, as the last of the worker's flights.
func (w *Worker[C, W]) launch(c *Call[C], window int) Flight[C] {
	w.lastID++
	f := Flight[C]{ID: w.lastID, Call: c, Expect: c.Costs.run}
	if len(w.flights) == cap(w.flights) {
		if w.room == nil {
			// So long that they are moved to its beginning only once
			// in a while.
			w.room = make([]Flight[C], 4*window)
		}
		n := copy(w.room, w.flights)
		clear(w.room[n:])
		w.flights = w.room[:n]
	}
	w.flights = append(w.flights, f)
	c.place = flying
	w.load++
	w.ahead += f.Expect
	return f
}

// errUnexpected says that a worker answered what it was not asked.
var errUnexpected = errors.New("a result of a call that is not the one to come")

// land takes the flight with the given id, and all before it that were taken back.
func (w *Worker[C, W]) land(id uint64) (*Call[C], error) {
	for i, f := range w.flights {
		if f.ID == id && f.Call != nil {
			for j := range i + 1 { // mostly one, for which clear is slow
				w.flights[j].Call = nil
			}
			w.flights = w.flights[i+1:]
			w.unload(f)
			return f.Call, nil
		}
		if f.ID >= id || f.Call != nil {
			break
		}
	}
	return nil, errUnexpected
}

// recall takes the call out of its flight, and reports whether it was in one.
func (w *Worker[C, W]) recall(c *Call[C]) bool {
	for i := range w.flights {
		if f := &w.flights[i]; f.Call == c {
			w.unload(*f)
			f.Call = nil
			return true
		}
	}
	return false
}

func (w *Worker[C, W]) unload(f Flight[C]) {
	f.Call.place = nowhere
	w.load--
	w.ahead -= f.Expect
	if w.load == 0 {
		w.ahead = 0 // no rounding errors add up
	}
}

// recallable returns the first call behind the one at the head that is not known to
// have begun, or nil.
func (w *Worker[C, W]) recallable() *Call[C] {
	head := true
	for _, f := range w.flights {
		if f.Call == nil {
			continue
		}
		if !head && f.ID > w.begun {
			return f.Call
		}
		head = false
	}
	return nil
}
