package executor

// What settles futures runs code of others: their callbacks, and those for
// reports. A panic in it is caught where it is called; runtime.Goexit, which
// t.FailNow uses, cannot be caught, and must not take the pool with it.

// attend settles what the worker sends until it is gone, and buries it. If a
// callback ends the goroutine, another goes on where it was.
func (w *processWorker) attend() {
	defer func() {
		if w.settling {
			w.pool.carrier.Go(w.attend)
		}
	}()
	w.settleBatch()
	w.read()
	w.bury(nil)
}

// settleBatch settles what is left of a batch of results.
func (w *processWorker) settleBatch() {
	w.settling = true
	observed := w.next < len(w.batch) && w.pool.observed()
	for w.next < len(w.batch) {
		l := &w.batch[w.next]
		w.next++
		if observed && l.job != nil && !l.result.IsReport() {
			w.deliverObserved(l)
		} else {
			w.deliver(l)
		}
		releaseArg(l.arg)
	}
	w.settling = false
	if w.decoding {
		w.decodedAll()
	}
	clear(w.batch)
	w.batch, w.next = w.batch[:0], 0
}

// eachOf calls fn for each of a list, for the rest of it in a deferred call if fn
// ends the goroutine.
func eachOf[T any](list []T, fn func(T)) {
	next := 0
	defer func() {
		if next < len(list) {
			eachOf(list[next:], fn)
		}
	}()
	for next < len(list) {
		v := list[next]
		next++
		fn(v)
	}
}

// apart runs fn, which settles futures, on a goroutine that may end, and waits for
// it: this one has more to do.
func (p *ProcessPool) apart(fn func()) {
	done := make(chan struct{})
	p.carrier.Go(func() {
		defer close(done)
		fn()
	})
	<-done
}
