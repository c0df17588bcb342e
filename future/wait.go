package future

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// A ReturnWhen says when [Wait] returns.
type ReturnWhen int

// The conditions of [Wait], under Python's names.
const (
	AllCompleted   ReturnWhen = iota // every future is done
	FirstCompleted                   // one future at least is done
	FirstException                   // one future has failed, or every one is done; a cancellation is no failure
)

// WaitOptions say how long [Wait] waits. The zero value waits for all, without limit.
type WaitOptions struct {
	// ReturnWhen is the condition. Zero means AllCompleted.
	ReturnWhen ReturnWhen

	// Timeout, if positive, ends the wait after that time: Wait then returns
	// what is done and what is not, and no error. Zero means no limit;
	// negative means to look and not to wait.
	Timeout time.Duration
}

// Wait waits until the condition of opts holds and returns the futures that are done
// and those that are not, each in the order of ws and duplicates once.
//
// It cancels nothing: not when the time runs out, which is no error, and not when it
// gives up itself because ctx ended or the calling task was canceled, which is.
// Without futures it returns [ErrNoFutures]. The error is ctx's cause then. A second
// Wait of the same futures finds what is done at once. Like Await it suspends a task,
// blocks a plain goroutine and in a bare callback returns [ErrWouldBlock] instead of
// waiting.
//
// It stands for asyncio.wait and concurrent.futures.wait.
func Wait[W Waitable](ctx context.Context, ws []W, opts WaitOptions) (done, pending []W, err error) {
	if len(ws) == 0 {
		return nil, nil, ErrNoFutures
	}
	if opts.ReturnWhen < AllCompleted || opts.ReturnWhen > FirstException {
		return nil, nil, errors.New("future: Wait: unknown ReturnWhen")
	}
	home, err := commonHome(ws)
	if err != nil {
		return nil, nil, err
	}
	ws = unique(ws)
	if opts.Timeout >= 0 {
		if err := waitFor(ctx, ws, home, opts); err != nil {
			return nil, nil, err
		}
	}
	for _, w := range ws {
		if w.IsDone() {
			done = append(done, w)
		} else {
			pending = append(pending, w)
		}
	}
	return done, pending, nil
}

func waitFor[W Waitable](ctx context.Context, ws []W, home Poster, opts WaitOptions) error {
	enough := New[None]()
	enough.Init(home, waitSet[W](ws))
	if opts.Timeout > 0 {
		cancel := after(ctx, opts.Timeout, func() { enough.Settle(None{}, nil) })
		defer cancel()
	}
	var left atomic.Int64
	left.Store(int64(len(ws)))
	tokens := make([]Token, len(ws))
	for i, w := range ws {
		c := w.base()
		tokens[i] = c.addFunc(func() {
			if left.Add(-1) == 0 ||
				opts.ReturnWhen == FirstCompleted ||
				opts.ReturnWhen == FirstException && c.load() == StateFinished && c.outcome() != nil {
				enough.Settle(None{}, nil)
			}
		})
	}
	defer func() {
		for i, w := range ws {
			w.base().removeFunc(tokens[i])
		}
	}()
	_, err := enough.Future().Await(ctx)
	return err
}

// unique returns ws without the futures that stand in it twice.
func unique[W Waitable](ws []W) []W {
	seen := make(map[*core]bool, len(ws))
	kept := make([]W, 0, len(ws))
	for _, w := range ws {
		if !seen[w.base()] {
			seen[w.base()] = true
			kept = append(kept, w)
		}
	}
	return kept
}

// waitSet is the canceler of the future behind a Wait.
type waitSet[W Waitable] []W

// CancelRequested ends the wait and nothing else.
func (waitSet[W]) CancelRequested(State, error) Answer { return Settle }

func (s waitSet[W]) parts() []*core {
	cores := make([]*core, len(s))
	for i, w := range s {
		cores[i] = w.base()
	}
	return cores
}

// WaitAll waits until every one of ws is done, of whatever types they are, and returns
// their errors, joined: nil if all have a result. What they are is left in them. If
// ctx ends first, or the calling task is canceled, it returns ctx's cause; it cancels
// nothing. A second call returns the same at once. In a bare callback it returns
// [ErrWouldBlock] instead of waiting. Without arguments it returns nil. It waits like
// [Future.Await].
//
// It stands for asyncio.wait and concurrent.futures.wait of futures of different
// types; see [Wait] for slices and conditions, and [Gather] for results.
func WaitAll(ctx context.Context, ws ...Waitable) error {
	if len(ws) == 0 {
		return nil
	}
	if _, _, err := Wait(ctx, ws, WaitOptions{}); err != nil {
		return err
	}
	errs := make([]error, len(ws))
	for i, w := range ws {
		errs[i] = w.Err()
	}
	return errors.Join(errs...)
}
