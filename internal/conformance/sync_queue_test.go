package conformance_test

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

var _ = syncPort("13-queue-order", func(s *syncScene) {
	var unbounded queue.Queue[string]
	var tasks []*loop.Task[executor.None]
	for _, name := range []string{"g1", "g2", "g3"} {
		tasks = append(tasks, s.spawn(func(ctx context.Context) error {
			item, err := unbounded.Get(ctx)
			s.add("%s-got-%s", name, item)
			return err
		}))
	}
	s.sleep(0)
	for _, item := range []string{"x", "y", "z"} {
		s.must(unbounded.PutNowait(item))
	}
	s.Print("handed in, not taken yet:", unbounded.Qsize())
	s.gather(tasks...)
	s.Print("getters:", s.told())

	s.trace = nil
	q := queue.NewQueue[int](2)
	putter := func(name string, items ...int) func(context.Context) error {
		return func(ctx context.Context) error {
			for _, item := range items {
				if err := q.Put(ctx, item); err != nil {
					return err
				}
				s.add("%s-put-%d", name, item)
			}
			return nil
		}
	}
	s.must(putter("main", 1, 2)(s.ctx))
	tasks = []*loop.Task[executor.None]{s.spawn(putter("p1", 3, 4)), s.spawn(putter("p2", 5))}
	s.sleep(20 * syncUnit)
	s.Print("full:", yes(q.Full()), "/ size:", q.Qsize(), "/", s.told())
	var got []any
	for range 3 {
		item, err := q.Get(s.ctx)
		s.must(err)
		got = append(got, item)
		s.sleep(20 * syncUnit)
		s.add("main-took-%d", item)
	}
	for !q.Empty() {
		item, err := q.GetNowait()
		s.must(err)
		got = append(got, item)
	}
	s.gather(tasks...)
	s.Print("putters:", s.told())
	s.Print(append([]any{"received:"}, got...)...)
	unlimited := queue.NewQueue[int](-1)
	for i := range 100 {
		s.must(unlimited.PutNowait(i))
	}
	s.Print("unlimited full:", yes(unlimited.Full()), "/ size:", unlimited.Qsize())
})

var _ = syncPort("15-queue-join", func(s *syncScene) {
	var q queue.Queue[string]
	joiner := func(name string) *loop.Task[executor.None] {
		return s.spawn(func(ctx context.Context) error {
			err := q.Join(ctx)
			s.add("%s-joined", name)
			return err
		})
	}
	s.must(q.Join(s.ctx))
	s.Print("join of a fresh queue: at once")
	for i := range 3 {
		s.must(q.PutNowait(strconv.Itoa(i)))
	}
	joins := []*loop.Task[executor.None]{joiner("j1"), joiner("j2")}
	w := s.spawn(func(ctx context.Context) error {
		for item, err := range q.All(ctx) {
			if err != nil {
				return err
			}
			if err := loop.Sleep(ctx, 20*syncUnit); err != nil {
				return err
			}
			s.add("w-did-%s", item)
			s.must(q.TaskDone())
		}
		return nil
	})
	s.sleep(0)
	taken := q.Qsize()
	s.gather(joins...)
	s.Print("queued after the first get:", taken)
	s.Print("trace:", s.told())

	s.must(q.PutNowait("again"))
	late := joiner("late")
	s.sleep(0)
	s.sleep(0)
	s.Print("empty:", yes(q.Empty()), "/ late joined:", yes(late.IsDone()))
	s.gather(late)
	s.Print("trace:", strings.Join(s.trace[len(s.trace)-2:], " "))
	w.Cancel()

	if errors.Is(q.TaskDone(), queue.ErrTaskDone) {
		s.Print("task_done without item: value-error")
	}
	s.must(q.PutNowait("x"))
	s.must(q.TaskDone())
	s.must(q.Join(s.ctx))
	s.Print("joined with", q.Qsize(), "item still inside")
})

var _ = syncPort("16-priority-and-lifo", func(s *syncScene) {
	type item struct {
		priority int
		name     string
	}
	byPriority := func(a, b item) int { return cmp.Compare(a.priority, b.priority) }

	pq := queue.NewPriorityQueueFunc(0, byPriority)
	for _, it := range []item{{5, "e"}, {1, "a"}, {3, "c"}, {1, "b"}, {4, "d"}, {-2, "first"}} {
		s.must(pq.PutNowait(it))
	}
	words := []any{"priority:"}
	for range 6 {
		it, err := pq.Get(s.ctx)
		s.must(err)
		words = append(words, it.name)
	}
	s.Print(words...)

	numbers := queue.NewLifoQueue[int](0)
	for i := range 5 {
		s.must(numbers.PutNowait(i))
	}
	words = []any{"lifo:"}
	for range 5 {
		i, err := numbers.Get(s.ctx)
		s.must(err)
		words = append(words, i)
	}
	s.Print(words...)

	getters := func(get func(context.Context) (item, error)) []*loop.Task[executor.None] {
		var tasks []*loop.Task[executor.None]
		for _, name := range []string{"g1", "g2"} {
			tasks = append(tasks, s.spawn(func(ctx context.Context) error {
				it, err := get(ctx)
				s.add("%s-%s", name, it.name)
				return err
			}))
		}
		s.sleep(0)
		return tasks
	}
	tasks := getters(pq.Get)
	for _, it := range []item{{9, "low"}, {7, "mid"}, {2, "high"}} {
		s.must(pq.PutNowait(it))
	}
	s.gather(tasks...)
	left, err := pq.GetNowait()
	s.must(err)
	s.Print("waiting getters:", s.told(), "/ left:", left.name)

	s.trace = nil
	lq := queue.NewLifoQueue[item](0)
	tasks = getters(lq.Get)
	for _, name := range []string{"old", "newer", "newest"} {
		s.must(lq.PutNowait(item{name: name}))
	}
	s.gather(tasks...)
	left, err = lq.GetNowait()
	s.must(err)
	s.Print("waiting getters:", s.told(), "/ left:", left.name)

	small := queue.NewPriorityQueueFunc(2, byPriority)
	s.must(small.PutNowait(item{3, "x"}))
	s.must(small.PutNowait(item{2, "y"}))
	s.Print("small:", syncOutcome(small.PutNowait(item{1, "z"})))
	blocked := s.spawn(func(ctx context.Context) error { return small.Put(ctx, item{1, "z"}) })
	s.sleep(0)
	words = []any{"small order:"}
	for range 3 {
		it, err := small.Get(s.ctx)
		s.must(err)
		words = append(words, it.name)
		s.gather(blocked)
	}
	s.Print(words...)
})

var _ = syncPort("17-queue-shutdown", func(s *syncScene) {
	getter := func(q *queue.Queue[string], name string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := q.Get(ctx)
			s.add("%s-%s", name, syncOutcome(err))
			return nil
		}
	}
	got := func(item string, err error) string {
		if err != nil {
			return syncOutcome(err)
		}
		return item
	}
	q := queue.NewQueue[string](2)
	tasks := []*loop.Task[executor.None]{s.spawn(getter(q, "g1")), s.spawn(getter(q, "g2"))}
	s.sleep(0)
	q.Shutdown(false)
	s.gather(tasks...)
	s.Print("blocked getters:", s.told())

	s.trace = nil
	q = queue.NewQueue[string](2)
	s.must(q.PutNowait("a"))
	s.must(q.PutNowait("b"))
	tasks = nil
	for _, name := range []string{"p1", "p2"} {
		tasks = append(tasks, s.spawn(func(ctx context.Context) error {
			s.add("%s-%s", name, syncOutcome(q.Put(ctx, name)))
			return nil
		}))
	}
	s.sleep(0)
	q.Shutdown(false)
	s.gather(tasks...)
	s.Print("blocked putters:", s.told(), "/ size:", q.Qsize())
	s.Print("put_nowait:", syncOutcome(q.PutNowait("c")))
	s.Print("draining:", got(q.GetNowait()), got(q.Get(s.ctx)), got(q.GetNowait()))
	s.trace = nil
	s.must(getter(q, "late")(s.ctx))
	s.Print("late getter:", s.told())

	joining := s.spawn(q.Join)
	s.sleep(0)
	s.must(q.TaskDone())
	s.sleep(20 * syncUnit)
	s.Print("join after one task_done:", map[bool]string{true: "done", false: "waiting"}[joining.IsDone()])
	s.must(q.TaskDone())
	s.gather(joining)
	q.Shutdown(false)
	s.Print("join after both: done / second shutdown: ok")
})

var _ = syncPort("18-queue-shutdown-immediate", func(s *syncScene) {
	fill := func(q *queue.Queue[int]) *queue.Queue[int] {
		for i := range 3 {
			s.must(q.PutNowait(i))
		}
		return q
	}
	got := func(item int, err error) string {
		if err != nil {
			return syncOutcome(err)
		}
		return strconv.Itoa(item)
	}
	q := fill(queue.NewQueue[int](0))
	join := s.spawn(q.Join)
	s.sleep(0)
	q.Shutdown(true)
	s.add("size-%d", q.Qsize())
	s.gather(join)
	s.Print("nobody working:", s.told(), "joined")
	s.Print("get:", got(q.GetNowait()), "/ put:", syncOutcome(q.PutNowait(9)))

	s.trace = nil
	q = fill(queue.NewQueue[int](0))
	worker := s.spawn(func(ctx context.Context) error {
		for item, err := range q.All(ctx) {
			if err != nil {
				return err
			}
			s.add("got-%d", item)
			if err := loop.Sleep(ctx, 200*syncUnit); err != nil {
				return err
			}
			s.must(q.TaskDone())
			s.add("task-done")
		}
		s.add("worker-queue-shutdown")
		return nil
	})
	joined := s.spawn(q.Join)
	joined.OnDone(func() { s.add("joined") })
	s.sleep(20 * syncUnit)
	q.Shutdown(true)
	s.add("shut")
	s.gather(worker, joined)
	s.Print("one in work:", s.told())

	lq := &queue.NewLifoQueue[int](0).Queue
	fill(lq).Shutdown(false)
	first := got(lq.GetNowait())
	lq.Shutdown(true)
	s.Print("plain, then immediate:", first, got(lq.GetNowait()), "/ left:", lq.Qsize())
})
