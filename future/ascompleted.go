package future

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// AsCompleted returns an iterator over ws in the order in which they are done:
// those that are done already first, in the order of ws, and duplicates once. It
// yields the objects that were passed in, each with a nil error; what became of
// them they tell themselves:
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
// [*TimeoutError] that counts the unfinished, once timeout has passed since the
// call of AsCompleted; the cancellation of the calling task; the cause of ctx.
// None of these cancels anything. Zero means no limit; negative yields only what
// is done already.
//
// Leaving the loop loses nothing: ranging over the same iterator again goes on
// where it stopped, and several tasks or goroutines may share it, each getting
// some. What was yielded is not kept. The iterator waits like [Future.Await].
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
	overdue int                  // how many were unfinished when the time was over
	waiters []*Promise[struct{}] // settled, all, when something has changed
	stop    func()               // the timer
}

func (c *completions[W]) start(ctx context.Context, ws []W, timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total = len(ws)
	c.pending = make(map[*core]Token, len(ws))
	var open []W
	for _, w := range ws {
		if w.IsDone() {
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

func (c *completions[W]) completed(w W) {
	c.mu.Lock()
	if _, ok := c.pending[w.base()]; !ok {
		c.mu.Unlock()
		return // the time was over first
	}
	delete(c.pending, w.base())
	c.done = append(c.done, w)
	stop := c.stop
	if len(c.pending) > 0 {
		stop = nil
	}
	c.wakeUnlock()
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
	c.wakeUnlock()
	for f, token := range left {
		f.removeFunc(token)
	}
}

// wakeUnlock lets go of mu, and wakes what waits in next.
func (c *completions[W]) wakeUnlock() {
	waiters := c.waiters
	c.waiters = nil
	c.mu.Unlock()
	for _, p := range waiters {
		p.Settle(struct{}{}, nil)
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
		p := NewOn[struct{}](c.home)
		c.waiters = append(c.waiters, p)
		c.mu.Unlock()
		if _, err := p.Future().Await(ctx); err != nil {
			c.mu.Lock()
			c.waiters = slices.DeleteFunc(c.waiters, func(q *Promise[struct{}]) bool { return q == p })
			c.mu.Unlock()
			return w, false, err
		}
	}
}
