package conformance_test

import (
	"context"
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = syncPort("05-condition-notify", func(s *syncScene) {
	var cond syncs.Condition
	s.Print("wait without lock:", syncOutcome(cond.Wait(s.ctx)))
	s.Print("notify without lock:", syncOutcome(cond.Notify(1)))
	s.Print("notify_all without lock:", syncOutcome(cond.NotifyAll()))

	s.must(cond.With(s.ctx, func() error { return cond.Notify(3) }))
	var tasks []*loop.Task[executor.None]
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		tasks = append(tasks, s.spawn(func(ctx context.Context) error {
			return cond.With(ctx, func() error {
				err := cond.Wait(ctx)
				s.add("%s-wakes-%s", name, map[bool]string{true: "locked", false: "free"}[cond.Locked()])
				err = errors.Join(err, loop.Sleep(ctx, 0))
				s.add("%s-leaves", name)
				return err
			})
		}))
	}
	s.sleep(20 * syncUnit)
	s.Print("lost notify:", len(s.trace), "woken / locked:", yes(cond.Locked()))
	s.must(cond.With(s.ctx, func() error {
		s.must(cond.Notify(1))
		s.must(cond.Notify(1))
		s.add("still-holding")
		s.sleep(20 * syncUnit)
		s.add("releasing")
		return nil
	}))
	s.sleep(20 * syncUnit)
	s.Print("notified two:", s.told())
	s.trace = nil
	s.must(cond.With(s.ctx, cond.NotifyAll))
	s.gather(tasks...)
	s.Print("the rest:", s.told())
})

var _ = syncPort("06-condition-wait-for", func(s *syncScene) {
	var cond syncs.Condition
	var stock []int
	consumer := func(ctx context.Context, name string, need int) error {
		return cond.With(ctx, func() error {
			err := cond.WaitFor(ctx, func() bool {
				s.add("%s-checks-%d", name, len(stock))
				return len(stock) >= need
			})
			if err != nil {
				return err
			}
			total := 0
			for _, item := range stock {
				total += item
			}
			s.add("%s-gets-%d", name, total)
			stock = stock[need:]
			return nil
		})
	}
	tasks := []*loop.Task[executor.None]{
		s.spawn(func(ctx context.Context) error { return consumer(ctx, "two", 2) }),
		s.spawn(func(ctx context.Context) error { return consumer(ctx, "one", 1) }),
	}
	s.sleep(20 * syncUnit)
	s.Print("start:", s.told())
	for _, item := range []int{10, 20, 30} {
		s.trace = nil
		s.must(cond.With(s.ctx, func() error {
			stock = append(stock, item)
			return cond.NotifyAll()
		}))
		s.sleep(20 * syncUnit)
		s.Printf("after %d: %s", item, s.told())
	}
	s.gather(tasks...)

	s.trace = nil
	stock = append(stock, 1, 2)
	l, err := loop.FromContext(s.ctx)
	s.must(err)
	_, err = l.CallSoon(func() { s.add("other-callback") })
	s.must(err)
	s.must(consumer(s.ctx, "ready", 2))
	s.Print("already true:", s.told())

	func() {
		defer func() {
			if recover() != nil {
				s.Print("failing predicate: error / locked:", yes(cond.Locked()))
			}
		}()
		_ = cond.With(s.ctx, func() error {
			return cond.WaitFor(s.ctx, func() bool { return 1/len(stock) > 0 })
		})
	}()
})
