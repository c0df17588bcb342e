package executor

// reconcileLocked restores what holds whenever the pool's mutex is free:
//
//   - as many calls are queued as MaxPending allows, if callers wait for room;
//   - there are workers for the calls that wait, as far as the limit and the
//     back-off allow;
//   - while a worker is idle no call waits, unless the workers at work are enough
//     for the kind of calls that do; see [ProcessPool.enoughLocked];
//   - once the pool is not open and nothing waits, no worker is idle;
//   - those that wait for the pool to be ready, or done, know it.
//
// Every event ends with it: a call that was accepted, a result, a cancellation, the
// start and the death of a worker, a new limit, the shutdown and each timer. Nothing
// else does any of its parts, so no event can forget one. There is one exception:
// a call that goes straight to an idle worker while nothing waits changes nothing
// of the above; see [ProcessPool.acceptLocked].
//
// What it does can cause more: a worker that leaves makes room for another, a worker
// that took a long call is late. None of that is an event of its own, for the parts
// follow each other in the order in which one causes the next.
func (p *ProcessPool) reconcileLocked() {
	for {
		p.admitLocked()
		p.growLocked()
		p.serveIdleLocked()
		if p.room.len() == 0 || p.fullLocked() {
			break
		}
	}
	if p.phase != poolOpen {
		p.sendHomeLocked()
	}
	p.announceLocked()
	p.maybeDoneLocked()
}
