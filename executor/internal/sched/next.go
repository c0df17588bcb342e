package sched

// A Kind says what a [Decision] asks for.
type Kind uint8

const (
	// Nothing means: wait for the next event.
	Nothing Kind = iota

	// Start means: start a worker and say [Scheduler.Come], or say
	// [Scheduler.Hold] if that cannot be done now.
	Start

	// Give means: send the call, which waits no more, to the worker, and say
	// [Scheduler.Launch]. If the call was called off meanwhile there is
	// nothing to say: the scheduler has it no longer.
	Give

	// Recall means: take the call back from the worker, for an idle one. If
	// it had not begun say [Scheduler.Recalled] and [Scheduler.Return],
	// otherwise [Scheduler.Kept].
	Recall

	// Leave means: tell the worker to leave. It gets nothing any more.
	Leave
)

// A Decision is what is to be done now.
type Decision[C, W any] struct {
	Do     Kind
	Worker *Worker[C, W]
	Call   *Call[C]
}

// Next returns what is to be done now, which must be done before anything else is said
// to the scheduler. It is called until there is nothing more to do. now is the time, in
// nanoseconds of any clock.
//
// When it returns Nothing, the following holds:
//
//   - there are workers for the calls that wait, as far as the limit and what holds
//     starts up allow;
//   - while a worker is idle no call waits, unless the workers at work are enough for
//     the kind of call that does; see [Scheduler.enough];
//   - once the scheduler is closed and nothing waits, no worker is idle, and none
//     comes.
func (s *Scheduler[C, W]) Next(now int64) Decision[C, W] {
	for {
		if d := s.serve(now); d.Do != Nothing {
			return d
		}
		if s.mayStart() {
			return Decision[C, W]{Do: Start}
		}
		if s.waiting.len() > 0 {
			if s.idle.len() > 0 && !s.enough(s.waiting.first().Costs) {
				s.Serve(s.idle.newest())
				continue
			}
			if s.feed {
				s.feed = false
				if s.feedAll() {
					continue
				}
			}
		}
		s.feed = false
		if w := s.unneeded(); w != nil {
			return s.leave(w)
		}
		return Decision[C, W]{}
	}
}

// serve gives the hungry workers what they should have: one call if a worker has none,
// and further ones if that does not delay them. If there is nothing to do for one, it
// is idle or leaves.
func (s *Scheduler[C, W]) serve(now int64) Decision[C, W] {
	for s.served < len(s.hungry) {
		w := s.hungry[s.served]
		if w.state == ready && !w.occupied && s.mayTake(w) {
			if w.load == 0 || w.taken < w.share && s.mayHaveAhead(w) {
				if c := s.waiting.first(); c != nil && w.suits(c.Costs) {
					s.waiting.remove(c)
					return Decision[C, W]{Give, w, c}
				}
			}
			if w.load == 0 {
				if victim := s.victim(); victim != nil {
					return Decision[C, W]{Recall, victim, victim.recallable()}
				}
			}
		}
		s.hungry[s.served] = nil
		s.served++
		w.hungry = false
		if w.state != ready || w.occupied || w.load > 0 {
			continue
		}
		if !s.mayTake(w) {
			if !w.pinned {
				return s.leave(w)
			}
			continue // Unpin comes back to it
		}
		s.idle.push(w, now)
	}
	s.hungry, s.served = s.hungry[:0], 0
	return Decision[C, W]{}
}

// mayTake reports whether w may get another call as far as its limits and the number of
// workers are concerned.
func (s *Scheduler[C, W]) mayTake(w *Worker[C, W]) bool {
	return !w.retiring && (s.cfg.MaxTasks == 0 || w.finished+w.load < s.cfg.MaxTasks) && !s.Surplus()
}

// mayHaveAhead reports whether the busy worker w may get one more call.
func (s *Scheduler[C, W]) mayHaveAhead(w *Worker[C, W]) bool {
	if w.load > s.cfg.Prefetch || len(w.flights) > s.cfg.Window || w.ahead > oneAhead {
		return false
	}
	return w.ahead <= aheadFor || w.load == 1 && s.waiting.len() >= len(s.workers)
}

// suits reports whether a call is one to wait behind what w has.
func (w *Worker[C, W]) suits(c *Costs) bool {
	return w.load == 0 || w.ahead > aheadFor || w.load == 1 && c.run > aheadFor ||
		c.known && w.ahead+c.run <= aheadFor
}

// victim returns the worker whose calls will wait the longest, if one of them can be
// taken back from it and that is worth it; nil if there is none.
func (s *Scheduler[C, W]) victim() (victim *Worker[C, W]) {
	most := worthRecalling
	for _, w := range s.workers {
		if w.load > 1 && w.ahead > most && w.state == ready && !w.occupied && w.recallable() != nil {
			victim, most = w, w.ahead
		}
	}
	return victim
}

// mayStart reports whether a worker is to be started, for what waits or because it is
// wanted.
func (s *Scheduler[C, W]) mayStart() bool {
	if s.broken || s.held || len(s.workers) >= s.cfg.Workers {
		s.want = 0
		return false
	}
	if !s.closing && len(s.workers) < s.want {
		return true
	}
	s.want = 0
	return s.starting < s.waiting.len()-s.idle.len()
}

// feedAll lets the workers at work have what waits, as far as they may. It reports
// whether any may.
func (s *Scheduler[C, W]) feedAll() (fed bool) {
	for _, w := range s.workers {
		if w.load > 0 && s.mayHaveAhead(w) && s.keepsUp(w) {
			s.Serve(w)
			fed = true
		}
	}
	return fed
}

// unneeded returns a worker that is to leave, or nil: one that has been idle for too
// long, or is one too many; and when all is over any that has nothing to do, or does
// not take calls yet.
func (s *Scheduler[C, W]) unneeded() *Worker[C, W] {
	for _, w := range s.idle.workers { // the oldest first
		if w.pinned {
			continue
		}
		if w.idleSince <= s.expired && s.expired > 0 || s.Surplus() {
			return w
		}
		break
	}
	if !s.closing || s.waiting.len() > 0 {
		return nil
	}
	for _, w := range s.workers {
		if w.state == coming || w.state == ready && w.load == 0 && !w.pinned {
			return w
		}
	}
	return nil
}

func (s *Scheduler[C, W]) leave(w *Worker[C, W]) Decision[C, W] {
	s.started(w)
	s.idle.remove(w)
	w.state = leaving
	return Decision[C, W]{Do: Leave, Worker: w}
}
