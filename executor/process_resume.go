package executor

import "github.com/seed-1b9fde7b/asyncgo/internal/wire"

// Settling a future runs callbacks, and a callback may end its goroutine with
// runtime.Goexit, which t.FailNow uses. The worker and its pool go on.

// serve reads the worker's results until nothing is left of it. After its goroutine
// was ended, another begins with what the first had left.
func (w *processWorker) serve(again bool) {
	returned := false
	defer func() {
		if r := recover(); r != nil {
			panic(r) // ours: callbacks' are caught
		}
		if !returned {
			w.pool.carrier.Go(func() { w.serve(true) })
		}
	}()
	if again {
		w.redeliver()
	}
	w.read()
	w.bury(nil)
	returned = true
}

// redeliver settles the rest of a batch. Its reports are lost: those that were
// delivered look like those that were not.
func (w *processWorker) redeliver() {
	for i := range w.batch {
		l := &w.batch[i]
		switch {
		case l.result.IsReport():
		case l.job != nil && !l.job.ended():
			w.deliver(l)
		case l.result.Status == wire.ResultHandles:
			// It may be the one in whose middle the goroutine ended; a
			// second Release does nothing.
			_ = w.child.Control.Send(wire.Message{Kind: wire.Release, ID: l.result.ID}, -1)
		}
	}
	clear(w.batch)
	w.batch = w.batch[:0]
	if w.decoding {
		w.decodedAll()
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
