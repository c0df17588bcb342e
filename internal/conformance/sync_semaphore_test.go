package conformance_test

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = syncPort("08-semaphore-fifo", func(s *syncScene) {
	user := func(name string, sem *syncs.Semaphore, hold time.Duration) *loop.Task[executor.None] {
		return s.spawn(func(ctx context.Context) error {
			err := sem.With(ctx, func() error {
				s.add("%s-in", name)
				return loop.Sleep(ctx, hold)
			})
			s.add("%s-out", name)
			return err
		})
	}
	semaphore := func(value int) *syncs.Semaphore {
		sem := syncs.NewSemaphore(value)
		return sem
	}
	sem := semaphore(2)
	tasks := []*loop.Task[executor.None]{
		user("a", sem, 250*syncUnit), user("b", sem, 30*syncUnit), user("c", sem, 500*syncUnit), user("d", sem, 0),
	}
	s.sleep(0)
	s.Print("two at once:", s.told(), "/ locked:", yes(sem.Locked()))
	s.gather(tasks...)
	s.Print("order:", s.told())

	s.trace = nil
	sem = semaphore(1)
	s.must(sem.Acquire(s.ctx))
	tasks = []*loop.Task[executor.None]{user("w1", sem, 0), user("w2", sem, 0)}
	s.sleep(0)
	s.must(sem.Release())
	s.Print("released, still locked for newcomers:", yes(sem.Locked()))
	s.must(sem.Acquire(s.ctx))
	s.add("main-in")
	s.must(sem.Release())
	s.gather(tasks...)
	s.Print("no overtaking:", s.told())

	s.trace = nil
	empty := semaphore(0)
	tasks = []*loop.Task[executor.None]{user("x", empty, 20*syncUnit), user("y", empty, 20*syncUnit), user("z", empty, 20*syncUnit)}
	s.sleep(0)
	for range 3 {
		s.must(empty.Release())
	}
	s.sleep(0)
	s.Print("three releases wake three:", s.told())
	s.gather(tasks...)
	if errors.Is(panicOf(func() { syncs.NewSemaphore(-1) }), syncs.ErrNegative) {
		s.Print("negative start: value-error")
	}
})

var _ = syncPort("10-bounded-semaphore", func(s *syncScene) {
	attempt := func(title string, sem syncs.Locker) { s.Print(title+":", syncOutcome(sem.Release())) }
	freePermits := func(sem interface {
		syncs.Locker
		TryAcquire() bool
	},
	) int {
		count := 0
		for sem.TryAcquire() {
			count++
		}
		for range count {
			s.must(sem.Release())
		}
		return count
	}
	bounded := syncs.NewBoundedSemaphore(2)
	attempt("bounded, nothing taken", bounded)
	s.must(bounded.Acquire(s.ctx))
	attempt("bounded, one taken", bounded)
	attempt("bounded, once more", bounded)
	s.Print("bounded permits:", freePermits(bounded))

	s.must(bounded.Acquire(s.ctx))
	s.must(bounded.Acquire(s.ctx))
	waiting := s.spawn(func(ctx context.Context) error {
		err := bounded.Acquire(ctx)
		s.add("taker-in")
		return err
	})
	s.sleep(0)
	attempt("release for a waiter", bounded)
	attempt("second release", bounded)
	s.gather(waiting)
	s.Print("waiter:", s.told(), "/ permits:", freePermits(bounded))
	attempt("third release", bounded)
	attempt("fourth release", bounded)

	plain := syncs.NewSemaphore(1)
	attempt("plain", plain)
	attempt("plain again", plain)
	s.Print("plain permits:", freePermits(plain))
})

// panicOf returns what fn panics with.
func panicOf(fn func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	fn()
	return nil
}
