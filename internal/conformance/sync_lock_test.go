package conformance_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = syncPort("01-lock-fifo", func(s *syncScene) {
	var lock syncs.Lock
	s.Print("free:", yes(!lock.Locked()))
	var tasks []*loop.Task[executor.None]
	for i, hold := range []time.Duration{30 * syncUnit, 0, 20 * syncUnit, 0} {
		name := string(rune('a' + i))
		tasks = append(tasks, s.spawn(func(ctx context.Context) error {
			s.add("%s-asks", name)
			return lock.With(ctx, func() error {
				s.add("%s-in", name)
				err := loop.Sleep(ctx, hold)
				s.add("%s-out", name)
				return err
			})
		}))
	}
	s.sleep(0)
	s.Print("after one turn:", s.told(), "/ locked:", yes(lock.Locked()))
	s.gather(tasks...)
	visits := slices.DeleteFunc(s.trace, func(word string) bool { return strings.HasSuffix(word, "-asks") })
	s.Print("visits:", strings.Join(visits, " "))
	s.Print("free:", yes(!lock.Locked()))

	s.must(lock.Acquire(s.ctx))
	s.gather(s.spawn(func(context.Context) error { return lock.Release() }))
	s.Print("released by another task:", yes(!lock.Locked()))
	s.Print("releasing a free lock:", syncOutcome(lock.Release()))
})

var _ = syncPort("03-lock-cancelled-waiter", func(s *syncScene) {
	type tasks = []*loop.Task[executor.None]
	scene := func(title string, action func(lock *syncs.Lock, tasks tasks)) {
		s.trace = nil
		var lock syncs.Lock
		s.must(lock.Acquire(s.ctx))
		var all tasks
		for _, name := range []string{"a", "b", "c"} {
			all = append(all, s.spawn(func(ctx context.Context) error {
				err := lock.With(ctx, func() error {
					s.add("%s-in", name)
					return loop.Sleep(ctx, 0)
				})
				if future.IsCanceled(err) {
					s.add("%s-cancelled", name)
				}
				return err
			}))
		}
		s.sleep(0)
		action(&lock, all)
		_, _, err := future.Wait(s.ctx, all, future.WaitOptions{Timeout: 50 * syncUnit})
		s.must(err)
		stuck := "nobody"
		for i, task := range all {
			if !task.IsDone() {
				stuck = strings.TrimPrefix(stuck+" "+string(rune('a'+i)), "nobody ")
			}
		}
		s.Print(title+":", s.told(), "/ stuck:", stuck, "/ locked:", yes(lock.Locked()))
		if stuck != "nobody" {
			s.must(lock.Release())
			_, _, err := future.Wait(s.ctx, all, future.WaitOptions{})
			s.must(err)
			s.Print("   after release:", s.told())
		}
	}
	scene("middle waiter cancelled", func(_ *syncs.Lock, tasks tasks) { tasks[1].Cancel() })
	scene("woken waiter cancelled", func(lock *syncs.Lock, tasks tasks) {
		s.must(lock.Release())
		tasks[0].Cancel()
	})
	scene("cancelled, then released", func(lock *syncs.Lock, tasks tasks) {
		tasks[0].Cancel()
		s.must(lock.Release())
	})
})
