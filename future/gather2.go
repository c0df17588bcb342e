package future

import "context"

// Gather2 waits for two results of different types. The first error, a
// cancellation included, is returned at once and the other argument goes on; if
// the calling task is canceled, both are. It waits like [Future.Await] of
// [Gather]'s future.
func Gather2[A, B any](ctx context.Context, a Awaitable[A], b Awaitable[B]) (A, B, error) {
	_, err := Gather(erase(a), erase(b)).Await(ctx)
	return valueOf(a, err), valueOf(b, err), err
}

// Gather3 is [Gather2] for three.
func Gather3[A, B, C any](ctx context.Context, a Awaitable[A], b Awaitable[B], c Awaitable[C]) (A, B, C, error) {
	_, err := Gather(erase(a), erase(b), erase(c)).Await(ctx)
	return valueOf(a, err), valueOf(b, err), valueOf(c, err), err
}

// erased stands for an awaitable whose type must not matter: it ends as that does
// and passes cancellation on.
type erased struct {
	Promise[struct{}]
	work Waitable
}

// CancelRequested implements Canceler.
func (e *erased) CancelRequested(_ State, cause error) Answer {
	if e.work.CancelCause(cause) {
		return Accept
	}
	return Refuse
}

func erase[T any](a Awaitable[T]) *Future[struct{}] {
	e := &erased{work: a}
	e.Init(a.Home(), e)
	f := a.Future()
	tell := func() {
		_, err := f.Result()
		if f.Canceled() {
			e.fut.settle(StateCanceled, err)
			return
		}
		e.Settle(struct{}{}, err)
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
