package future

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// AsCompleted returns an iterator over ws in the order in which they are done: those
// that are done already first, in the order of ws, and duplicates once. It yields the
// objects that were passed in, each with a nil error; what became of them they tell
// themselves:
//
//	for f, err := range future.AsCompleted(ctx, fs, time.Minute) {
//		if err != nil {
//			return err // the minute is over, or this task was canceled
//		}
//		v, err := f.Result()
//		…
//	}
//
// The loop ends after the last one, or with an error in place of an object: a
// [*TimeoutError] that counts the unfinished, once timeout has passed since the call
// of AsCompleted; the cancellation of the calling task; the cause of ctx. None of
// these cancels anything. Zero means no limit; negative yields only what is done
// already.
//
// Leaving the loop loses nothing: ranging over the same iterator again goes on where
// it stopped, and several tasks or goroutines may share it, each getting some. What
// was yielded is not kept. The iterator waits like [Future.Await]; where a bare
// callback would have to wait it yields [ErrWouldBlock].
//
// It stands for asyncio.as_completed, whose asynchronous form this is, and for
// concurrent.futures.as_completed.
func AsCompleted[W Waitable](ctx context.Context, ws []W, timeout time.Duration) iter.Seq2[W, error] {
	home, err := commonHome(ws)
	if err != nil {
		return func(yield func(W, error) bool) {
			var none W
			yield(none, err)
		}
	}
	c := &completions[W]{home: home}
	c.start(ctx, unique(ws), timeout)
	return func(yield func(W, error) bool) {
		for {
			w, ok, err := c.next(ctx)
			if !ok && err == nil || !yield(w, err) || err != nil {
				return
			}
		}
	}
}

// completions is the state behind one AsCompleted.
type completions[W Waitable] struct {
	home Poster

	mu      sync.Mutex // guards what follows
	done    []W        // and not yielded
	total   int
	pending map[*core]Token
	overdue int              // how many were unfinished when the time was over
	waiters []*Promise[None] // settled in their order, one for each that is done
	stop    func()           // the timer
}

func (c *completions[W]) start(ctx context.Context, ws []W, timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total = len(ws)
	c.pending = make(map[*core]Token, len(ws))
	var open []W
	now := timeout < 0 || !c.tells(ctx)
	for _, w := range ws {
		if now && w.IsDone() {
			c.done = append(c.done, w)
		} else {
			c.pending[w.base()] = 0
			open = append(open, w)
		}
	}
	if timeout < 0 {
		c.pending, c.overdue = nil, len(open)
		return
	}
	if len(open) > 0 && timeout > 0 {
		c.stop = after(ctx, timeout, c.expire)
	}
	// A callback may run at once, in this goroutine: it takes mu.
	c.mu.Unlock()
	defer c.mu.Lock()
	for _, w := range open {
		token := w.OnDone(func() { c.completed(w) })
		c.mu.Lock()
		if _, still := c.pending[w.base()]; still {
			c.pending[w.base()] = token
		}
		c.mu.Unlock()
	}
}

// tells reports whether a task asks on the loop to which the waitables belong. In
// asyncio that loop tells it also of those that are done already, in its next turn, and
// so it does here. A goroutine gets them at once: the loop may not run.
func (c *completions[W]) tells(ctx context.Context) bool {
	h := whose.Current(ctx)
	return h != nil && h.CanPark() && c.home != nil && h.Home() == any(c.home)
}

func (c *completions[W]) completed(w W) {
	c.mu.Lock()
	if _, ok := c.pending[w.base()]; !ok {
		c.mu.Unlock()
		return // the time was over first
	}
	delete(c.pending, w.base())
	c.done = append(c.done, w)
	if len(c.pending) > 0 {
		c.wakeUnlock(1)
		return
	}
	stop := c.stop
	c.wakeUnlock(len(c.waiters))
	if stop != nil {
		stop()
	}
}

func (c *completions[W]) expire() {
	c.mu.Lock()
	if len(c.pending) == 0 {
		c.mu.Unlock()
		return
	}
	left := c.pending
	c.pending, c.overdue = nil, len(left)
	c.wakeUnlock(len(c.waiters))
	for f, token := range left {
		f.removeFunc(token)
	}
}

// wakeUnlock lets go of mu, and wakes the first n that wait in next, as far as there
// are so many.
func (c *completions[W]) wakeUnlock(n int) {
	var woken []*Promise[None]
	for n > 0 && len(c.waiters) > 0 {
		p := c.waiters[0]
		c.waiters = c.waiters[1:]
		if !p.Future().IsDone() { // or it was canceled
			woken = append(woken, p)
			n--
		}
	}
	c.mu.Unlock()
	for _, p := range woken {
		p.Settle(None{}, nil)
	}
}

// next returns the next that is done, or false if there are no more.
func (c *completions[W]) next(ctx context.Context) (w W, ok bool, err error) {
	for {
		c.mu.Lock()
		switch {
		case len(c.done) > 0:
			w = c.done[0]
			var none W
			c.done[0] = none
			c.done = c.done[1:]
			c.mu.Unlock()
			return w, true, nil
		case c.overdue > 0:
			err = &TimeoutError{Err: fmt.Errorf("%d (of %d) futures unfinished", c.overdue, c.total)}
			c.mu.Unlock()
			return w, false, err
		case len(c.pending) == 0:
			c.mu.Unlock()
			return w, false, nil
		}
		// One for each that waits: canceling a task cancels what it awaits.
		p := NewOn[None](c.home)
		c.waiters = append(c.waiters, p)
		c.mu.Unlock()
		if err := c.await(ctx, p); err != nil {
			return w, false, err
		}
	}
}

// await waits until p is settled.
func (c *completions[W]) await(ctx context.Context, p *Promise[None]) error {
	woken := false
	defer func() {
		if !woken { // also if the task is unwound
			c.gaveUp(p)
		}
	}()
	_, err := p.Future().Await(ctx)
	woken = err == nil
	return err
}

// gaveUp ends the wait of p without an object. If there is one for it all the same,
// the next that waits gets that.
func (c *completions[W]) gaveUp(p *Promise[None]) {
	c.mu.Lock()
	at := slices.Index(c.waiters, p)
	if at >= 0 {
		c.waiters = slices.Delete(c.waiters, at, at+1)
	}
	if at < 0 && len(c.done) > 0 {
		c.wakeUnlock(1)
		return
	}
	c.mu.Unlock()
}
