package conformance_test

import (
	"context"
	"errors"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = syncPort("04-event", func(s *syncScene) {
	var event syncs.Event
	waiter := func(name string) *loop.Task[executor.None] {
		return s.spawn(func(ctx context.Context) error {
			err := event.Wait(ctx)
			if err == nil {
				s.add("%s-true-%s", name, map[bool]string{true: "set", false: "clear"}[event.IsSet()])
			}
			return err
		})
	}
	tasks := []*loop.Task[executor.None]{waiter("a"), waiter("b"), waiter("c")}
	s.sleep(0)
	tasks[1].Cancel()
	event.Set()
	event.Clear()
	late := waiter("late")
	s.sleep(20 * syncUnit)
	s.Print("set and clear:", s.told())
	s.Print("b:", map[bool]string{true: "cancelled"}[tasks[1].Canceled()],
		"/ late:", map[bool]string{true: "done", false: "waiting"}[late.IsDone()])

	event.Set()
	event.Set()
	s.gather(late)
	s.Print("second set:", s.trace[len(s.trace)-1])
	l, err := loop.FromContext(s.ctx)
	s.must(err)
	_, err = l.CallSoon(func() { s.add("other-callback") })
	s.must(err)
	s.must(event.Wait(s.ctx))
	s.add("passed-at-once")
	s.sleep(0)
	s.Print("set event:", strings.Join(s.trace[len(s.trace)-2:], " "))
	event.Clear()
	limit, cancel := context.WithTimeout(s.ctx, 30*syncUnit)
	defer cancel()
	if errors.Is(event.Wait(limit), context.DeadlineExceeded) {
		s.Print("cleared event: timeout / set:", yes(event.IsSet()))
	}
})
