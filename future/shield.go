package future

// Shield returns a future of f's outcome whose cancellation does not reach f: a task
// that awaits it and is canceled leaves f alone. If f itself is canceled, so is the
// returned future. A future that is done is returned as it is.
//
// If f fails after the returned future was canceled, Shield does not tell of it;
// whether the error counts as never looked at is between f and its holder.
//
// Each call for a future that is not done returns another one. It stands for
// asyncio.shield. It does not block.
func Shield[T any](f Awaitable[T]) *Future[T] {
	inner := f.Future()
	if inner.IsDone() {
		return inner
	}
	outer := NewOn[T](inner.home)
	token := inner.OnDone(func() {
		if outer.Future().IsDone() {
			return
		}
		v, err := inner.Result()
		if inner.Canceled() {
			outer.fut.settle(StateCanceled, err)
			return
		}
		outer.Settle(v, err)
	})
	outer.Future().OnDone(func() { inner.RemoveDoneCallback(token) })
	return outer.Future()
}
