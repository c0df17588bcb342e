package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// In these cases a call on a process pool stands where the original starts a
// process; handles are ordinary arguments.

// within is a context for a wait with a limit.
func within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(bg, d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

const (
	briefly  = 50 * time.Millisecond
	patience = time.Minute
)

type number interface {
	int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64
}

// showValue stores values one after the other and prints what the cell then
// holds. Go converts constants only if they fit, so the conversion that C and
// Python make silently stands in the program.
func showValue[T number](o *out, title string, values ...T) {
	var zero T
	cell := must[*shared.Value[T]](o)(newValue(zero))
	line := []any{title + ":", printed(cell.Load())}
	for _, v := range values {
		cell.Store(v)
		line = append(line, printed(cell.Load()))
	}
	o.Print(line...)
}

func newValue[T number](v T) (*shared.Value[T], error) { return shared.NewValue(v) }

func printed(v any) string {
	switch v := v.(type) {
	case float32:
		return fmt.Sprintf("%.10g", float64(v))
	case float64:
		return fmt.Sprintf("%.10g", v)
	default:
		return fmt.Sprint(v)
	}
}

type cells struct {
	I *shared.Value[int32]
	D *shared.Value[float64]
	B *shared.Value[int8]
}

var bumpCells = executor.RegisterNoResult("conformance.cells.bump", func(_ context.Context, c cells) error {
	c.I.Add(1)
	c.D.Add(1)
	c.B.Add(1)
	return nil
})

var _ = port("shared/01-value-types", func(o *out) {
	wrap := []int64{127, 128, 200, -129, 255, 256, 300, -1, 32767, 32768, 65535, 2147483647, 2147483648, -2147483649}
	w := func(i int) int64 { return wrap[i] } // not constant, so that it may wrap around
	showValue(o, "int8", int8(w(0)), int8(w(1)), int8(w(2)), int8(w(3)))
	showValue(o, "uint8", uint8(w(4)), uint8(w(5)), uint8(w(6)), uint8(w(7)))
	showValue(o, "int16", int16(w(8)), int16(w(9)))
	showValue(o, "uint16", uint16(w(10)), uint16(w(7)))
	showValue(o, "int32", int32(w(11)), int32(w(12)), int32(w(13)))
	showValue(o, "uint32", uint32(4294967295), uint32(w(11)*2+2), uint32(w(7)))
	largest := int64(9223372036854775807)
	showValue(o, "int64", largest, largest+1)
	showValue(o, "uint64", uint64(18446744073709551615), uint64(w(7)))
	showValue(o, "float32", float32(0.5), float32(0.1), float32(16777217), float32(-2.25))
	showValue(o, "float64", 0.5, 0.1, 16777217, 1e300)
	o.Print("start values:", must[*shared.Value[int32]](o)(shared.NewValue[int32](7)).Load(),
		must[*shared.Value[float64]](o)(shared.NewValue(2.5)).Load(),
		must[*shared.Value[uint8]](o)(shared.NewValue(uint8(w(5)+1))).Load())

	c := cells{
		I: must[*shared.Value[int32]](o)(shared.NewValue[int32](41)),
		D: must[*shared.Value[float64]](o)(shared.NewValue(0.5)),
		B: must[*shared.Value[int8]](o)(shared.NewValue[int8](127)),
	}
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	must[none](o)(submit(o, pool, bumpCells.Bind(c)).Await(bg))
	require.NoError(o, pool.Shutdown(bg))
	o.Print("changed by another process:", c.I.Load(), c.D.Load(), c.B.Load())
	raw := must[*shared.Value[int32]](o)(shared.NewValue[int32](5))
	raw.Store(raw.Load() + 1) // every cell can be used without its lock
	o.Print("without a lock:", raw.Load())
})

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
	// In Python the lock of a process that has ended stays locked for ever. Here
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

func memoryOutcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, fs.ErrNotExist):
		return "not-found"
	case errors.Is(err, fs.ErrExist):
		return "exists"
	default:
		return "value-error"
	}
}

type seen struct {
	Text      string
	BigEnough bool
}

var changeMemory = executor.Register("conformance.memory.change", func(_ context.Context, name string) (seen, error) {
	block, err := shared.OpenMemory(name)
	if err != nil {
		return seen{}, err
	}
	b := block.Bytes()
	s := seen{string(b[:5]), block.Size() >= 16}
	copy(b, "CHILD")
	b[15] = 255
	return s, block.Close()
})

var _ = port("shared/09-shared-memory", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	name := fmt.Sprintf("asyncgo-conformance-%d", os.Getpid())
	open := func(title, name string) *shared.Memory {
		m, err := shared.OpenMemory(name)
		o.Print(title+":", memoryOutcome(err))
		return m
	}
	create := func(title, name string, size int) {
		_, err := shared.CreateMemory(name, size)
		o.Print(title+":", memoryOutcome(err))
	}
	block := must[*shared.Memory](o)(shared.CreateMemory(name, 16))
	b := block.Bytes()
	o.Print("at least the size asked for:", yes(block.Size() >= 16), "/ zeroed:", yes([16]byte(b[:16]) == [16]byte{}))
	copy(b, "hello")
	s := must[seen](o)(submit(o, pool, changeMemory.Bind(name)).Await(bg))
	o.Print("child saw:", s.Text, "/ big enough:", yes(s.BigEnough))
	o.Print("parent sees:", string(b[:5]), b[15])
	create("create under the same name", name, 16)
	second := open("attach a second time", name)
	second.Bytes()[1] = 'h'
	o.Print("through the first:", string(b[:5]))
	require.NoError(o, second.Close())
	o.Print("close twice:", memoryOutcome(second.Close()))
	third := open("attach after another was closed", name)
	require.NoError(o, block.Unlink())
	open("attach after unlink", name)
	o.Print("still readable where attached:", string(third.Bytes()[:5]))
	require.NoError(o, third.Close())
	require.NoError(o, block.Close())
	create("size zero", name, 0)
	create("size negative", name, -1)
	open("attach to a name never made", "conformance-no-such-block")
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
