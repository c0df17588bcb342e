package sched

import "slices"

// Config says how a [Scheduler] shares out calls.
type Config struct {
	Workers    int // the greatest number of workers
	Prefetch   int // calls that a worker may have behind the one that it runs; less than 1 means none
	Window     int // places for calls that a worker has not passed over
	MaxTasks   int // calls after which a worker is replaced; 0 means no limit
	MaxPending int // calls that may wait; 0 means no limit
}

// A Scheduler decides which call goes to which worker, when a worker is started, and
// when one leaves. It does nothing itself: it is told what happened by the methods
// that are named for events, and [Scheduler.Next] returns what is to be done. It knows
// no process, no job and no clock. It is not safe for concurrent use.
type Scheduler[C, W any] struct {
	cfg      Config
	closing  bool // nothing is accepted any more
	broken   bool // and no worker is started
	waiting  waiting[C]
	workers  []*Worker[C, W] // in the order of their start
	idle     idleList[C, W]
	starting int   // workers that will soon be ready
	held     bool  // no worker can be started now
	want     int   // workers that there should be, whether anything waits or not
	expired  int64 // workers that have been idle since then are to leave
	feed     bool  // the workers at work may get more
	hungry   []*Worker[C, W]
	served   int // of the hungry; see serve
}

// New returns a Scheduler without calls and workers.
func New[C, W any](cfg Config) *Scheduler[C, W] {
	s := &Scheduler[C, W]{cfg: cfg}
	s.waiting.returned.holds = returned
	return s
}

// Queue returns the queue of the calls that no worker has seen, to be looked at.
func (s *Scheduler[C, W]) Queue() *Queue[C] { return &s.waiting.queue }

// TakenBack returns the calls that wait after they were with a worker, in order.
func (s *Scheduler[C, W]) TakenBack() []*Call[C] {
	if s.waiting.returned.n == 0 {
		return nil
	}
	return s.waiting.returned.All()
}

// First returns the call that is to run next, or nil.
func (s *Scheduler[C, W]) First() *Call[C] { return s.waiting.first() }

// Waiting returns how many calls wait for a worker.
func (s *Scheduler[C, W]) Waiting() int { return s.waiting.len() }

// Workers returns the workers that are not gone, in the order of their start. It must
// not be changed.
func (s *Scheduler[C, W]) Workers() []*Worker[C, W] { return s.workers }

// Idle returns how many workers wait for a call.
func (s *Scheduler[C, W]) Idle() int { return s.idle.len() }

// IdleSince returns since when the worker is idle that has been so for the longest
// time; false if none is.
func (s *Scheduler[C, W]) IdleSince() (since int64, ok bool) {
	if w := s.idle.oldest(); w != nil {
		return w.idleSince, true
	}
	return 0, false
}

// Starting returns how many workers will soon be ready.
func (s *Scheduler[C, W]) Starting() int { return s.starting }

// Settled reports whether all is over: nothing is accepted any more, nothing waits, and
// no worker is left.
func (s *Scheduler[C, W]) Settled() bool {
	return s.closing && len(s.workers) == 0 && s.waiting.len() == 0
}

// Full reports whether there is no place for another call that waits. One that will be
// the first of a worker that starts, or may be started, does not count. After Resize
// there may be more workers than the limit for a while.
func (s *Scheduler[C, W]) Full() bool {
	coming := s.starting + max(0, s.cfg.Workers-len(s.workers))
	return s.cfg.MaxPending > 0 && s.waiting.queue.n-coming >= s.cfg.MaxPending
}

// Events of calls.

// Accept puts c among those that wait.
func (s *Scheduler[C, W]) Accept(c *Call[C]) {
	s.waiting.queue.Push(c)
	s.feed = true
}

// Take is the short way of a call that needs not wait: it returns an idle worker for c,
// to which it is to be sent by [Scheduler.Launch]. It returns nil if c has to be
// accepted, because none is idle or those at work are enough.
func (s *Scheduler[C, W]) Take(c *Call[C]) *Worker[C, W] {
	if s.idle.len() == 0 || s.waiting.len() > 0 || s.enough(c.Costs) {
		return nil
	}
	return s.idle.newest()
}

// Drop takes a call that waits out, for good. It reports false if it does not wait.
func (s *Scheduler[C, W]) Drop(c *Call[C]) bool { return s.waiting.remove(c) }

// Launch notes that c, which is no longer among those that wait, is sent to w now.
func (s *Scheduler[C, W]) Launch(w *Worker[C, W], c *Call[C]) Flight[C] {
	if w.load == 0 {
		w.late = false
	}
	w.taken++
	return w.launch(c, s.cfg.Window)
}

// Landed notes that the worker is done with the call of the flight id, and returns the
// call. It returns an error if that is not the one that comes next.
func (s *Scheduler[C, W]) Landed(w *Worker[C, W], id uint64) (*Call[C], error) {
	c, err := w.land(id)
	if err != nil {
		return nil, err
	}
	w.late = false
	if c.Of != nil {
		w.finished++
	}
	s.Serve(w)
	return c, nil
}

// Recalled notes that c was taken back from w, which had not begun it. It goes nowhere
// by that; see [Scheduler.Return].
func (s *Scheduler[C, W]) Recalled(w *Worker[C, W], c *Call[C]) {
	if w.recall(c) && w.load == 0 {
		s.Serve(w)
	}
}

// Kept notes that c cannot be taken back from w, for it has begun.
func (s *Scheduler[C, W]) Kept(w *Worker[C, W], c *Call[C]) {
	for _, f := range w.flights {
		if f.Call == c {
			w.begun = f.ID
		}
	}
}

// Return puts c, which was with a worker, back among those that wait: behind what has a
// higher priority, and before what was accepted after it. Workers give back what they
// have in any order.
func (s *Scheduler[C, W]) Return(c *Call[C]) { s.waiting.returned.insert(c) }

// Events of workers.

// Come adds a worker that starts.
func (s *Scheduler[C, W]) Come(w *Worker[C, W]) {
	s.workers = append(s.workers, w)
	s.starting++
}

// Overlook notes that a worker which starts is not to be counted on.
func (s *Scheduler[C, W]) Overlook(w *Worker[C, W]) {
	if w.state == coming && !w.overlooked {
		w.overlooked = true
		s.starting--
	}
}

// Ready notes that a worker takes calls from now on.
func (s *Scheduler[C, W]) Ready(w *Worker[C, W]) {
	if w.state != coming {
		return
	}
	s.started(w)
	w.state = ready
	s.Serve(w)
}

func (s *Scheduler[C, W]) started(w *Worker[C, W]) {
	if w.state == coming && !w.overlooked {
		s.starting--
	}
}

// Serve notes that w may get calls, or have to leave, where it could not before. The
// other events do so where they have to.
func (s *Scheduler[C, W]) Serve(w *Worker[C, W]) {
	if w.hungry || w.idle || w.state != ready {
		return
	}
	w.hungry, w.taken = true, 0
	// A fair share: the last calls of the queue should not all wait inside
	// one worker.
	w.share = max(1, s.waiting.len()/len(s.workers))
	s.hungry = append(s.hungry, w)
}

// Occupy notes that nothing can be sent to w, until Free.
func (s *Scheduler[C, W]) Occupy(w *Worker[C, W]) { w.occupied = true }

// Free ends what Occupy began.
func (s *Scheduler[C, W]) Free(w *Worker[C, W]) {
	w.occupied = false
	s.Serve(w)
}

// Pin keeps w from leaving, until Unpin.
func (s *Scheduler[C, W]) Pin(w *Worker[C, W]) { w.pinned = true }

// Unpin ends what Pin began.
func (s *Scheduler[C, W]) Unpin(w *Worker[C, W]) {
	w.pinned = false
	s.Serve(w)
}

// Late notes that w takes longer than was expected. Idle workers get what waits, for w
// will not come to it soon.
func (s *Scheduler[C, W]) Late(w *Worker[C, W]) { w.late = true }

// Retire notes that w gets no more calls and leaves when it has none.
func (s *Scheduler[C, W]) Retire(w *Worker[C, W]) { w.retiring = true }

// Dead notes that w is dead, and returns what was sent to it and has not landed. It
// counts as a worker until it is gone.
func (s *Scheduler[C, W]) Dead(w *Worker[C, W]) []Flight[C] {
	s.started(w)
	s.idle.remove(w)
	w.state = gone
	flights := w.flights
	for _, f := range flights {
		if f.Call != nil {
			f.Call.place = nowhere
		}
	}
	w.flights, w.load, w.ahead = nil, 0, 0
	return flights
}

// Gone takes a dead worker out.
func (s *Scheduler[C, W]) Gone(w *Worker[C, W]) {
	s.workers = slices.DeleteFunc(s.workers, func(o *Worker[C, W]) bool { return o == w })
}

// Events of the pool.

// Resize changes the greatest number of workers.
func (s *Scheduler[C, W]) Resize(workers int) { s.cfg.Workers = workers }

// Surplus reports whether there are more ready workers than there should be. Workers
// that come up do not count: if they are too many they leave when they are ready, and
// a ready one whose call takes an hour must not send them all away beforehand.
func (s *Scheduler[C, W]) Surplus() bool {
	if len(s.workers) <= s.cfg.Workers {
		return false // as ever, but for a moment after Resize
	}
	n := 0
	for _, w := range s.workers {
		if w.state == ready && !w.retiring {
			n++
		}
	}
	return n > s.cfg.Workers
}

// Want asks for a number of workers, whether anything waits or not, as far as the limit
// allows. It is forgotten when it is reached, or when a start is held up.
func (s *Scheduler[C, W]) Want(workers int) { s.want = max(s.want, workers) }

// Hold notes that no worker can be started, until Unhold.
func (s *Scheduler[C, W]) Hold() { s.held, s.want = true, 0 }

// Unhold ends what Hold began.
func (s *Scheduler[C, W]) Unhold() { s.held = false }

// Expire notes that workers which have been idle since the given time are to leave.
func (s *Scheduler[C, W]) Expire(since int64) { s.expired = since }

// Close notes that nothing is accepted any more: what waits is finished, and then all
// workers leave.
func (s *Scheduler[C, W]) Close() { s.closing = true }

// Break closes the scheduler, and returns what waits, which it has no longer. No worker
// is started any more.
func (s *Scheduler[C, W]) Break() (dropped []*Call[C]) {
	s.closing, s.broken = true, true
	for c := s.waiting.first(); c != nil; c = s.waiting.first() {
		s.waiting.remove(c)
		dropped = append(dropped, c)
	}
	return dropped
}
