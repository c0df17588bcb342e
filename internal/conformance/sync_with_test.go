package conformance_test

import (
	"context"
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = syncPort("19-with-released-inside", func(s *syncScene) {
	own := errors.New("the body's own")
	attempt := func(name string, l syncs.Locker, body func(ctx context.Context) error) {
		task := loop.CreateTask(s.ctx, func(ctx context.Context) (executor.None, error) {
			return executor.None{}, syncs.With(ctx, l, func() error {
				s.must(l.Release())
				return body(ctx)
			})
		})
		_, err := task.Await(s.ctx)
		switch {
		case task.Canceled():
			s.Print(name + ": cancelled")
		case err == nil:
			s.Print(name + ": no error")
		case errors.Is(err, syncs.ErrNotLocked):
			s.Print(name + ": RuntimeError")
		case errors.Is(err, syncs.ErrReleasedTooOften):
			s.Print(name + ": ValueError")
		default:
			s.Print(name+":", err)
		}
	}
	nothing := func(context.Context) error { return nil }
	fail := func(context.Context) error { return own }
	cancelled := func(ctx context.Context) error {
		loop.CurrentTask(ctx).Cancel()
		return loop.Sleep(ctx, 0)
	}
	attempt("lock, returns", new(syncs.Lock), nothing)
	attempt("lock, fails", new(syncs.Lock), fail)
	attempt("lock, cancelled", new(syncs.Lock), cancelled)
	attempt("condition, fails", new(syncs.Condition), fail)
	attempt("bounded semaphore, fails", syncs.NewBoundedSemaphore(1), fail)
})
