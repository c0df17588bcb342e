package conformance_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// A syncScene is one program of the sync area: its output, its task's context, and
// the list that the originals call trace.
type syncScene struct {
	*out
	ctx   context.Context
	trace []string
}

// syncPort registers a port whose main runs as the main task of a loop, in a bubble
// so that its sleeps take no time.
func syncPort(name string, main func(s *syncScene)) bool {
	return port("sync/"+name, func(o *out) {
		synctest.Test(o.T, func(t *testing.T) {
			_, err := loop.Run(t.Context(), func(ctx context.Context) (executor.None, error) {
				main(&syncScene{out: o, ctx: ctx})
				return executor.None{}, nil
			})
			require.NoError(t, err)
		})
	})
}

func (s *syncScene) add(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

// told returns the trace so far as one line.
func (s *syncScene) told() string { return strings.Join(s.trace, " ") }

// spawn starts a task for fn.
func (s *syncScene) spawn(fn func(ctx context.Context) error) *loop.Task[executor.None] {
	return loop.CreateTask(s.ctx, func(ctx context.Context) (executor.None, error) {
		return executor.None{}, fn(ctx)
	})
}

// must is for what the original would not catch.
func (s *syncScene) must(err error) { require.NoError(s.T, err) }

func (s *syncScene) sleep(d time.Duration) { s.must(loop.Sleep(s.ctx, d)) }

func (s *syncScene) gather(tasks ...*loop.Task[executor.None]) {
	_, err := future.Gather(tasks...).Await(s.ctx)
	s.must(err)
}

// outcome returns the word of the corpus for err, or ok.
func syncOutcome(err error) string {
	for word, target := range map[string]error{
		"runtime-error":  syncs.ErrNotLocked,
		"value-error":    syncs.ErrReleasedTooOften,
		"queue-shutdown": queue.ErrShutdown,
		"queue-full":     queue.ErrFull,
	} {
		if errors.Is(err, target) {
			return word
		}
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

const syncUnit = time.Millisecond

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
		sem, err := syncs.NewSemaphore(value)
		s.must(err)
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
	if _, err := syncs.NewSemaphore(-1); errors.Is(err, syncs.ErrNegative) {
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
	bounded, err := syncs.NewBoundedSemaphore(2)
	s.must(err)
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

	plain, err := syncs.NewSemaphore(1)
	s.must(err)
	attempt("plain", plain)
	attempt("plain again", plain)
	s.Print("plain permits:", freePermits(plain))
})

var _ = syncPort("11-barrier", func(s *syncScene) {
	barrier, err := syncs.NewBarrier(3)
	s.must(err)
	party := func(name string, rounds int) *loop.Task[executor.None] {
		return s.spawn(func(ctx context.Context) error {
			for r := range rounds {
				s.add("%s%d-arrives", name, r)
				index, err := barrier.Wait(ctx)
				if err != nil {
					return err
				}
				s.add("%s%d-leaves-%d", name, r, index)
			}
			return nil
		})
	}
	leaves := func() []string {
		left := slices.DeleteFunc(slices.Clone(s.trace), func(word string) bool { return !strings.Contains(word, "leaves") })
		slices.Sort(left)
		return left
	}
	a, b := party("a", 1), party("b", 1)
	s.sleep(20 * syncUnit)
	s.Print("parties:", barrier.Parties(), "/ waiting:", barrier.NWaiting(), "/ broken:", yes(barrier.Broken()))
	s.gather(a, b, party("c", 1))
	s.Print("trace:", s.told())
	s.Print("waiting:", barrier.NWaiting())

	s.trace = nil
	tasks := []*loop.Task[executor.None]{party("p", 1), party("q", 1), party("r", 1), party("surplus", 1)}
	s.sleep(20 * syncUnit)
	s.Print("four for three, left:", strings.Join(leaves(), " "))
	s.Print("waiting:", barrier.NWaiting(), "/ surplus done:", yes(tasks[3].IsDone()))
	s.gather(append(tasks, party("s", 1), party("t", 1))...)
	s.Print("next round, left:", strings.Join(leaves()[3:], " "))

	s.trace = nil
	s.gather(party("x", 3), party("y", 3), party("z", 3))
	for r := range 3 {
		var indexes []string
		for _, word := range s.trace {
			if strings.Contains(word, strconv.Itoa(r)+"-leaves") {
				indexes = append(indexes, word[len(word)-1:])
			}
		}
		slices.Sort(indexes)
		s.Printf("round %d indexes: %s", r, strings.Join(indexes, " "))
	}
	single, err := syncs.NewBarrier(1)
	s.must(err)
	first, err := single.Wait(s.ctx)
	s.must(err)
	second, err := single.Wait(s.ctx)
	s.must(err)
	s.Print("barrier of one:", first, second)
	if _, err := syncs.NewBarrier(0); errors.Is(err, syncs.ErrNoParties) {
		s.Print("no parties: value-error")
	}
})

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
