package natsexec

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var errPendingCanceled = errors.New("natsexec: the pool's pending work was canceled")

// Shutdown refuses further jobs, waits until those that were accepted have ended,
// queued ones included, and closes the connection and the server, if New started one.
// Nodes go on. If ctx ends first it returns an [*executor.ShutdownError] that lists what
// still runs; the pool goes on winding up.
//
// It may be called repeatedly and concurrently. In a task it suspends the task; in a
// bare callback on a loop's goroutine it begins the shutdown and returns
// future.ErrWouldBlock, and in a callback that the pool itself calls
// executor.ErrInsideItself.
func (p *Pool) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	wake := p.refuseWaitersLocked()
	p.checkDrainedLocked()
	p.mu.Unlock()
	wake()
	if first {
		go func() {
			<-p.drained
			p.wind()
		}()
	}
	select {
	case <-p.done:
		return nil
	default:
	}
	if p.Inside() {
		return executor.ErrInsideItself
	}
	// A future, so that a task is suspended.
	ended := future.New[executor.None]()
	go func() {
		select {
		case <-p.done:
			_ = ended.SetResult(executor.None{})
		case <-ended.Future().Done():
		}
	}()
	_, err := ended.Future().Await(ctx)
	ended.Settle(executor.None{}, err)
	switch {
	case err == nil, errors.Is(err, future.ErrWouldBlock):
		return err
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return p.unfinished(err)
}

// Inside reports whether a callback calls that the pool itself has called: it cannot wait
// for the pool.
func (p *Pool) Inside() bool { return p.claims.inside() || p.results.inside() }

// wind closes everything. It is called when nothing is active any more.
func (p *Pool) wind() {
	p.closing.Do(func() {
		close(p.stop)
		p.watcher.Wait()
		p.claims.close()
		p.results.close()
		for _, s := range p.subs {
			_ = s.Unsubscribe()
		}
		// A node that is told nothing keeps its results until it takes this pool for gone.
		p.sendReceipts("")
		if p.connected() {
			_ = p.nc.FlushTimeout(time.Second)
		}
		if p.remove != nil {
			p.remove()
		}
		p.disconnect()
		close(p.done)
	})
}

func (p *Pool) unfinished(cause error) error {
	e := &executor.ShutdownError{Pool: p.cfg.Name, Running: p.Running(), Cause: cause}
	p.mu.Lock()
	defer p.mu.Unlock()
	e.Queued = p.queued
	return e
}

// Running returns the calls that run at this moment, the longest first.
func (p *Pool) Running() []executor.RunningJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	var running []executor.RunningJob
	for _, c := range p.active {
		if c.node != nil {
			running = append(running, executor.RunningJob{ID: c.job.ID(), Function: c.job.Name(), Worker: c.node.name, For: time.Since(c.claimed)})
		}
	}
	slices.SortFunc(running, func(a, b executor.RunningJob) int { return cmp.Compare(b.For, a.For) })
	return running
}

// CancelPending cancels every call that no node has begun and returns how many there
// were. It does not wait, and may be called at any time, during a Shutdown too.
func (p *Pool) CancelPending() (n int) {
	p.mu.Lock()
	var pending []*call
	for _, c := range p.active {
		if c.state == callQueued && c.began.IsZero() {
			pending = append(pending, c)
		}
	}
	p.mu.Unlock()
	slices.SortFunc(pending, func(a, b *call) int { return cmp.Compare(a.job.ID(), b.job.ID()) })
	for _, c := range pending {
		if c.job.CallOff(errPendingCanceled) { // which calls onCancel
			n++
		}
	}
	return n
}
