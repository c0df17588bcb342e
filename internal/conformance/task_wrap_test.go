package conformance_test

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

var _ = port("task/18-wrap-future-cancel", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l := loop.Current(ctx)
		source := future.New[string]().Future()
		wrapper := loop.WrapFuture(l, source)
		l.CallSoon(func() { o.Print("a callback before: source cancelled:", yes(source.Canceled())) })
		o.Print("granted:", yes(wrapper.Cancel()))
		o.Print("wrapper cancelled:", yes(wrapper.Canceled()))
		o.Print("at once: source cancelled:", yes(source.Canceled()))
		require.NoError(o, loop.Sleep(ctx, 0))
		o.Print("a turn later: source cancelled:", yes(source.Canceled()))

		wait := func(ctx context.Context) (string, error) {
			_, _, err := future.Wait(ctx, []*future.Future[string]{wrapper}, future.WaitOptions{})
			return "", err
		}
		source = future.New[string]().Future()
		wrapper = loop.WrapFuture(l, source)
		waiter := start(ctx, wait)
		wrapper.OnDone(func() { o.Print("told of the wrapper's end: source cancelled:", yes(source.Canceled())) })
		require.NoError(o, loop.Sleep(ctx, 0))
		wrapper.Cancel()
		_, err := waiter.Await(ctx)
		require.NoError(o, err)

		source = future.New[string]().Future()
		wrapper = loop.WrapFuture(l, source)
		waiter = start(ctx, wait)
		require.NoError(o, loop.Sleep(ctx, 0))
		source.Cancel()
		turns := 0
		for !wrapper.IsDone() {
			turns++
			require.NoError(o, loop.Sleep(ctx, 0))
		}
		o.Print("the other way round: turns:", turns)
		_, err = waiter.Await(ctx)
		return err
	})
})
