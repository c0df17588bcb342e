package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// attempt turns what a lock or semaphore answers into the corpus's words.
func attempt(ok bool, err error) string {
	switch {
	case errors.Is(err, shared.ErrNotLocked), errors.Is(err, shared.ErrNotAcquired):
		return "value-error"
	case errors.Is(err, context.DeadlineExceeded):
		return "refused"
	case err != nil:
		return err.Error()
	case ok:
		return "taken"
	default:
		return "refused"
	}
}

func acquired(err error) string { return attempt(err == nil, err) }

func released(err error) string {
	if err == nil {
		return "ok"
	}
	return attempt(false, err)
}

var lockElsewhere = executor.Register("conformance.lock.take", func(_ context.Context, m *shared.Mutex) (string, error) {
	return acquired(m.Lock(within(briefly))), nil
})

var unlockElsewhere = executor.Register("conformance.lock.release", func(_ context.Context, m *shared.Mutex) (string, error) {
	return released(m.Unlock()), nil
})

var _ = port("shared/04-lock-not-reentrant", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	lock := must[*shared.Mutex](o)(shared.NewMutex())
	elsewhere := func(f *executor.Function[*shared.Mutex, string]) string {
		return must[string](o)(submit(o, pool, f.Bind(lock)).Await(bg))
	}
	inThread := func(action func() string) string {
		answer := make(chan string)
		go func() { answer <- action() }()
		return <-answer
	}
	try := func() string { return attempt(lock.TryLock()) }
	o.Print("release while free:", released(lock.Unlock()))
	o.Print("first:", acquired(lock.Lock(bg)), "/ again:", try())
	start := time.Now()
	o.Print("with timeout:", acquired(lock.Lock(within(briefly))), "/ waited:", yes(time.Since(start) > 40*time.Millisecond))
	o.Print("negative timeout:", acquired(lock.Lock(within(-time.Second))))
	o.Print("other thread takes:", inThread(try), "/ other process takes:", elsewhere(lockElsewhere))
	o.Print("other thread releases:", inThread(func() string { return released(lock.Unlock()) }), "/ taken again:", acquired(lock.Lock(bg)))
	o.Print("other process releases:", elsewhere(unlockElsewhere), "/ taken again:", try())
	require.NoError(o, lock.Unlock())
	// In Python the lock of a process that has ended stays locked. Here
	// it does not, so the other process lives on while the question is asked.
	o.Print("other process takes it:", elsewhere(lockElsewhere), "/ it has ended, still held:", try())
	o.Print("release on its behalf:", released(lock.Unlock()))
	require.NoError(o, pool.Shutdown(bg))
})

type visitArgs struct {
	Sem, Arrived *shared.Semaphore
	Gate         *shared.Event
}

var visit = executor.RegisterNoResult("conformance.visit", func(ctx context.Context, a visitArgs) error {
	if err := a.Sem.Acquire(ctx); err != nil {
		return err
	}
	if err := a.Arrived.Release(); err != nil {
		return err
	}
	if err := a.Gate.Wait(ctx); err != nil {
		return err
	}
	return a.Sem.Release()
})

var give3 = executor.RegisterNoResult("conformance.give3", func(_ context.Context, s *shared.Semaphore) error {
	return errors.Join(s.Release(), s.Release(), s.Release())
})

var _ = port("shared/05-semaphore-across-processes", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 4})
	semaphore := func(n int) *shared.Semaphore { return must[*shared.Semaphore](o)(shared.NewSemaphore(n)) }
	sem, arrived := semaphore(2), semaphore(0)
	gate := must[*shared.Event](o)(shared.NewEvent())
	var workers []*future.Future[none]
	for range 4 {
		workers = append(workers, submit(o, pool, visit.Bind(visitArgs{sem, arrived, gate})))
	}
	o.Print("inside:", acquired(arrived.Acquire(within(patience))), acquired(arrived.Acquire(within(patience))),
		"/ a third:", acquired(arrived.Acquire(within(300*time.Millisecond))))
	gate.Set()
	must[[]none](o)(future.Gather(workers...).Await(bg))
	three := func(s *shared.Semaphore) string {
		return words([]string{attempt(s.TryAcquire()), attempt(s.TryAcquire()), attempt(s.TryAcquire())})
	}
	o.Print("the others later:", three(arrived))
	o.Print("value restored:", three(sem))
	empty := semaphore(0)
	o.Print("empty: try", attempt(empty.TryAcquire()), "/ with timeout", acquired(empty.Acquire(within(briefly))))
	helper := submit(o, pool, give3.Bind(empty))
	o.Print("given by another process:", acquired(empty.Acquire(bg)), acquired(empty.Acquire(bg)), acquired(empty.Acquire(bg)))
	must[none](o)(helper.Await(bg))
	o.Print("one more:", attempt(empty.TryAcquire()))
	bounded := must[*shared.BoundedSemaphore](o)(shared.NewBoundedSemaphore(2))
	o.Print("bounded: release while full", released(bounded.Release()))
	o.Print("take, give:", acquired(bounded.Acquire(bg)), released(bounded.Release()), "/ surplus:", released(bounded.Release()))
	plain := semaphore(1)
	o.Print("plain grows:", released(plain.Release()), three(plain))
	require.NoError(o, pool.Shutdown(bg))
})

type eventArgs struct {
	Ready  *shared.Semaphore
	Event  *shared.Event
	Passed *shared.Value[int32]
}

var eventWaiter = executor.RegisterNoResult("conformance.event.waiter", func(ctx context.Context, a eventArgs) error {
	if err := a.Ready.Release(); err != nil {
		return err
	}
	if err := a.Event.Wait(ctx); err != nil {
		return err
	}
	a.Passed.Add(1)
	return nil
})

type setterArgs struct{ Event, Go *shared.Event }

var eventSetter = executor.RegisterNoResult("conformance.event.setter", func(ctx context.Context, a setterArgs) error {
	if err := a.Go.Wait(ctx); err != nil {
		return err
	}
	a.Event.Set()
	return nil
})

var _ = port("shared/06-event-across-processes", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 3})
	newEvent := func() *shared.Event { return must[*shared.Event](o)(shared.NewEvent()) }
	a := eventArgs{
		Ready:  must[*shared.Semaphore](o)(shared.NewSemaphore(0)),
		Event:  newEvent(),
		Passed: must[*shared.Value[int32]](o)(shared.NewValue[int32](0)),
	}
	wait := func(d time.Duration) string { return yes(a.Event.Wait(within(d)) == nil) }
	set := func() string { return yes(a.Event.IsSet()) }
	o.Print("fresh: set", set(), "/ wait with timeout", wait(30*time.Millisecond))
	var workers []*future.Future[none]
	for range 3 {
		workers = append(workers, submit(o, pool, eventWaiter.Bind(a)))
	}
	for range workers {
		require.NoError(o, a.Ready.Acquire(bg))
	}
	_, err := workers[0].Await(within(100 * time.Millisecond))
	require.ErrorIs(o, err, context.DeadlineExceeded)
	o.Print("before set: passed", a.Passed.Load())
	a.Event.Set()
	a.Event.Set()
	must[[]none](o)(future.Gather(workers...).Await(bg))
	o.Print("after set: passed", a.Passed.Load(), "/ set", set(), "/ wait", wait(patience), wait(0))
	must[none](o)(submit(o, pool, eventWaiter.Bind(a)).Await(bg))
	o.Print("late one: passed", a.Passed.Load())
	a.Event.Clear()
	a.Event.Clear()
	o.Print("cleared: set", set(), "/ wait", wait(0))
	start := newEvent()
	helper := submit(o, pool, eventSetter.Bind(setterArgs{a.Event, start}))
	start.Set()
	o.Print("set by another process: wait", wait(patience), "/ set", set())
	must[none](o)(helper.Await(bg))
	require.NoError(o, pool.Shutdown(bg))
})

type condArgs struct {
	Cond                     *shared.Condition
	Waiting, Notified, Woken *shared.Value[int32] // guarded by its lock
}

// locked runs fn with the condition's lock held: the case's "with cond".
func locked(c *shared.Condition, fn func() error) error { return c.Mutex().Do(bg, fn) }

var condWaiter = executor.RegisterNoResult("conformance.condition.waiter", func(ctx context.Context, a condArgs) error {
	return locked(a.Cond, func() error {
		a.Waiting.Add(1)
		if err := a.Cond.Wait(ctx); err != nil {
			return err
		}
		if woken, notified := a.Woken.Add(1), a.Notified.Load(); woken > notified {
			return fmt.Errorf("%d were notified, and this is number %d", notified, woken)
		}
		return nil
	})
})

func notOwner(err error) string {
	if errors.Is(err, shared.ErrNotLocked) {
		return "not-owner"
	}
	return fmt.Sprint(err)
}

var _ = port("shared/07-condition-across-processes", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 4})
	value := func() *shared.Value[int32] { return must[*shared.Value[int32]](o)(shared.NewValue[int32](0)) }
	a := condArgs{must[*shared.Condition](o)(shared.NewCondition(nil)), value(), value(), value()}
	notify := func(n int) {
		require.NoError(o, locked(a.Cond, func() error {
			a.Notified.Add(int32(n)) // one too many sees that when it wakes
			return a.Cond.Notify(n)
		}))
	}
	o.Print("without lock: notify", notOwner(a.Cond.Notify(1)), "/ notify_all", notOwner(a.Cond.NotifyAll()), "/ wait", notOwner(a.Cond.Wait(bg)))
	require.NoError(o, locked(a.Cond, func() error {
		require.NoError(o, a.Cond.NotifyAll())
		if errors.Is(a.Cond.Wait(within(30*time.Millisecond)), context.DeadlineExceeded) {
			o.Print("lost notify: wait timeout")
		}
		return nil
	}))
	var workers []*future.Future[none]
	for range 4 {
		workers = append(workers, submit(o, pool, condWaiter.Bind(a)))
	}
	settle := func(cell *shared.Value[int32], target int32) {
		// Looks under the lock until the other processes have got there.
		require.Eventually(o, func() (done bool) {
			_ = locked(a.Cond, func() error { done = cell.Load() >= target; return nil })
			return done
		}, patience, 5*time.Millisecond)
	}
	settle(a.Waiting, 4)
	for _, step := range []struct{ amount, total int }{{1, 1}, {2, 3}} {
		notify(step.amount)
		settle(a.Woken, int32(step.total))
		o.Printf("notified %d: woken %d", step.amount, a.Woken.Load())
	}
	notify(50)
	must[[]none](o)(future.Gather(workers...).Await(bg))
	o.Print("notified 50: woken", a.Woken.Load())
	require.NoError(o, pool.Shutdown(bg))
})

type collectorArgs struct {
	Cond  *shared.Condition
	Stock *shared.Value[int32]
	Ready *shared.Event
}

type collected struct {
	Value, First, Last int32
	Several            bool
}

var collector = executor.Register("conformance.collector", func(_ context.Context, a collectorArgs) (c collected, err error) {
	var checks []int32
	err = locked(a.Cond, func() error {
		a.Ready.Set()
		return a.Cond.WaitFor(within(patience), func() bool {
			c.Value = a.Stock.Load()
			checks = append(checks, c.Value)
			return c.Value >= 3
		})
	})
	c.First, c.Last, c.Several = checks[0], checks[len(checks)-1], len(checks) >= 2
	return c, err
})

var _ = port("shared/13-condition-wait-for", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	a := collectorArgs{
		Cond:  must[*shared.Condition](o)(shared.NewCondition(nil)),
		Stock: must[*shared.Value[int32]](o)(shared.NewValue[int32](0)),
		Ready: must[*shared.Event](o)(shared.NewEvent()),
	}
	worker := submit(o, pool, collector.Bind(a))
	require.NoError(o, a.Ready.Wait(bg))
	for range 3 {
		require.NoError(o, locked(a.Cond, func() error { // free only once the collector waits
			a.Stock.Add(1)
			return a.Cond.Notify(1)
		}))
	}
	c := must[collected](o)(worker.Await(bg))
	o.Print("value:", c.Value)
	o.Print("first check:", c.First, "/ last check:", c.Last, "/ several:", yes(c.Several))
	require.NoError(o, locked(a.Cond, func() error {
		enough := a.Cond.WaitFor(within(0), func() bool { return a.Stock.Load() > 0 })
		require.NoError(o, enough)
		never := a.Cond.WaitFor(within(30*time.Millisecond), func() bool { return false })
		o.Print("already true:", a.Stock.Load(), "/ never:", yes(never == nil))
		// The lock is not reentrant in Go, so there is one level to release.
		o.Print("two levels deep, timeout:", yes(a.Cond.Wait(within(30*time.Millisecond)) == nil))
		return nil
	}))
	require.NoError(o, pool.Shutdown(bg))
})
