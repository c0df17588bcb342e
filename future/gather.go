package future

import (
	"context"
	"errors"
	"sync"
)

// An Outcome is how one future of several ended.
type Outcome[T any] struct {
	Value T
	Err   error
}

// Gather returns a future of all results, in the order of the arguments. The
// arguments are of one type, all futures or all tasks; call their Future method
// where the two are mixed.
//
// The first error, a cancellation included, is the outcome at once; the others
// go on undisturbed, and what becomes of them counts as seen. Canceling the
// returned future cancels every argument that is not done, and it ends when the
// first of them does. Without arguments the result is empty. If two arguments
// belong to different loops the outcome is [ErrForeignLoop].
//
// Gather stands for asyncio.gather. It does not block. For arguments of different
// types see [Gather2]; to stop the others at the first error, [GatherOrCancel].
func Gather[A Awaitable[T], T any](aws ...A) *Future[[]T] {
	g := &gathering[T, []T]{
		results: make([]T, len(aws)),
		child: func(g *gathering[T, []T], i int, f *Future[T]) error {
			v, err := f.Result()
			g.results[i] = v
			return err
		},
	}
	return gather(g, aws)
}

// GatherOutcomes is [Gather] with errors among the results: its future ends when
// every argument has ended, and does not fail because one of them did. Canceling
// it cancels every argument; it then ends as canceled once all have ended.
//
// It stands for asyncio.gather with return_exceptions=True.
func GatherOutcomes[A Awaitable[T], T any](aws ...A) *Future[[]Outcome[T]] {
	g := &gathering[T, []Outcome[T]]{
		results: make([]Outcome[T], len(aws)),
		child: func(g *gathering[T, []Outcome[T]], i int, f *Future[T]) error {
			v, err := f.Result()
			g.results[i] = Outcome[T]{v, err}
			return nil
		},
	}
	return gather(g, aws)
}

// GatherOrCancel is [Gather] whose first error, or cancellation, cancels the other
// arguments. Its future ends with that error once every argument has ended, so
// nothing goes on behind its back; work that ignores cancellation holds it up.
//
// asyncio has no such function: there one cancels the others by hand, or uses a
// TaskGroup, which this library has too.
func GatherOrCancel[A Awaitable[T], T any](aws ...A) *Future[[]T] {
	g := &gathering[T, []T]{
		results:    make([]T, len(aws)),
		cancelRest: true,
		child: func(g *gathering[T, []T], i int, f *Future[T]) error {
			v, err := f.Result()
			g.results[i] = v
			return err
		},
	}
	return gather(g, aws)
}

// gathering is the state behind one Gather. Children of a loop report on that
// loop, one at a time; free ones from any goroutine, hence the mutex.
type gathering[T, R any] struct {
	promise    Promise[R]
	children   []*Future[T]
	results    R
	child      func(g *gathering[T, R], i int, f *Future[T]) error
	cancelRest bool // at the first error, and wait for all

	mu       sync.Mutex // guards results and what follows
	left     int
	canceled bool
	cause    error
	failure  error // the first, if cancelRest
}

func gather[A Awaitable[T], T, R any](g *gathering[T, R], aws []A) *Future[R] {
	home, err := commonHome(aws)
	if err != nil {
		return Failed[R](err)
	}
	g.promise.Init(home, g)
	g.left = len(aws)
	g.children = make([]*Future[T], len(aws))
	if len(aws) == 0 {
		_ = g.promise.SetResult(g.results)
		return g.promise.Future()
	}
	for i, aw := range aws {
		g.children[i] = aw.Future()
	}
	// Children that are done already report last and inline, so that a
	// gathering of done futures is done when Gather returns.
	var done []bool
	report := part(g.report)
	for i, f := range g.children {
		if f.IsDone() || !f.add(callback{to: &report, ticket: uint64(i)}) {
			if done == nil {
				done = make([]bool, len(aws))
			}
			done[i] = true
		}
	}
	for i, is := range done {
		if is {
			g.report(i)
		}
	}
	return g.promise.Future()
}

// report takes the outcome of the child of that number.
func (g *gathering[T, R]) report(i int) {
	g.mu.Lock()
	err := g.child(g, i, g.children[i])
	g.left--
	first := false
	if g.cancelRest && err != nil {
		if g.failure == nil {
			g.failure, first = err, true
		}
		err = nil
	}
	last, canceled, cause, failure := g.left == 0, g.canceled, g.cause, g.failure
	g.mu.Unlock()
	if first {
		for _, f := range g.children {
			f.CancelCause(errGatherFailed)
		}
	}
	var none R
	switch {
	case err != nil:
		g.promise.Settle(none, err)
	case last && failure != nil:
		g.promise.Settle(none, failure)
	case last && canceled:
		g.promise.Settle(none, Canceled(cause))
	case last:
		g.promise.Settle(g.results, nil)
	}
}

// errGatherFailed is the cause with which GatherOrCancel cancels.
var errGatherFailed = errors.New("future: another argument of GatherOrCancel failed")

// CancelRequested passes a request on to every child. It implements Canceler.
func (g *gathering[T, R]) CancelRequested(_ State, cause error) Answer {
	taken := false
	for _, f := range g.children {
		if f.CancelCause(cause) {
			taken = true
		}
	}
	if !taken {
		return Refuse
	}
	g.mu.Lock()
	g.canceled, g.cause = true, cause
	g.mu.Unlock()
	return Accept
}

// ending reports whether every child is done, and only the gathering has not been told
// yet; it implements ender.
func (g *gathering[T, R]) ending() bool {
	for _, f := range g.children {
		if !f.Ending() {
			return false
		}
	}
	return true
}

// commonHome returns the loop to which the waitables belong, nil if all are free.
func commonHome[W Waitable](ws []W) (Poster, error) {
	var home Poster
	for _, w := range ws {
		switch h := w.base().home; {
		case h == nil || h == home:
		case home == nil:
			home = h
		default:
			return nil, ErrForeignLoop
		}
	}
	return home, nil
}

// Gather2 waits for two results of different types. The first error, a cancellation
// included, is returned at once and the other argument goes on; if the calling task is
// canceled, both are. It waits like [Future.Await] of [Gather]'s future: if ctx ends
// first it returns ctx's cause, and in a bare callback it returns [ErrWouldBlock]
// instead of waiting. A second call returns the same at once.
func Gather2[A, B any](ctx context.Context, a Awaitable[A], b Awaitable[B]) (A, B, error) {
	_, err := Gather(erase(a), erase(b)).Await(ctx)
	return valueOf(a, err), valueOf(b, err), err
}

// Gather3 is [Gather2] for three: if ctx ends first it returns ctx's cause, and in a
// bare callback that would have to wait [ErrWouldBlock]. A second call returns the
// same at once.
func Gather3[A, B, C any](ctx context.Context, a Awaitable[A], b Awaitable[B], c Awaitable[C]) (A, B, C, error) {
	_, err := Gather(erase(a), erase(b), erase(c)).Await(ctx)
	return valueOf(a, err), valueOf(b, err), valueOf(c, err), err
}

// erased stands for an awaitable whose type must not matter: it ends as that does
// and passes cancellation on.
type erased struct {
	Promise[None]
	work Waitable
}

// CancelRequested implements Canceler.
func (e *erased) CancelRequested(_ State, cause error) Answer {
	if e.work.CancelCause(cause) {
		return Accept
	}
	return Refuse
}

// ending implements ender.
func (e *erased) ending() bool { return e.work.base().Ending() }

func erase[T any](a Awaitable[T]) *Future[None] {
	e := &erased{work: a}
	e.Init(a.Home(), e)
	f := a.Future()
	tell := func() {
		_, err := f.Result()
		if f.Canceled() {
			e.fut.settle(StateCanceled, err)
			return
		}
		e.Settle(None{}, err)
	}
	if f.IsDone() {
		tell()
	} else {
		f.OnDone(tell)
	}
	return e.Future()
}

// valueOf returns the result of a, the zero value unless all went well.
func valueOf[T any](a Awaitable[T], err error) (v T) {
	if err == nil {
		v, _ = a.Future().Result()
	}
	return v
}

func (g *gathering[T, R]) parts() []*core {
	cores := make([]*core, len(g.children))
	for i, f := range g.children {
		cores[i] = &f.core
	}
	return cores
}
