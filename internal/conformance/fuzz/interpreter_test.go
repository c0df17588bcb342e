package fuzz

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

const (
	maxTasks = 16
	maxDepth = 3
	maxLines = 2000
	never    = 1 << 30
)

// A handle is a future, a task or a combination; reach is the first task on which it
// depends.
type handle struct {
	work   future.Waitable
	reach  int
	one    *future.Future[int] // nil for a combination of several
	result func() (any, error)
	await  func(ctx context.Context) (any, error)
	limit  func(ctx context.Context, d time.Duration) (any, error)
}

func handleOf[T any](f future.Awaitable[T], reach int) *handle {
	h := &handle{work: f, reach: reach}
	h.one, _ = any(f.Future()).(*future.Future[int])
	h.result = func() (any, error) { return f.Future().Result() }
	h.await = func(ctx context.Context) (any, error) { return f.Future().Await(ctx) }
	h.limit = func(ctx context.Context, d time.Duration) (any, error) { return future.WaitFor(ctx, f, d) }
	return h
}

// An anyQueue is any of the three kinds.
type anyQueue interface {
	Put(ctx context.Context, item int) error
	Get(ctx context.Context) (int, error)
	PutNowait(item int) error
	GetNowait() (int, error)
	TaskDone() error
	Join(ctx context.Context) error
	Qsize() int
	Shutdown(immediate bool)
}

// A run is one program that runs.
type run struct {
	l      *loop.Loop
	bodies []*op
	eager  bool // see python/interpreter.py

	trace []string
	over  bool
	epoch time.Time
	count int

	tasks    []*loop.Task[int]
	handles  map[byte][]*handle // by the letter of their references
	promises []*future.Promise[int]
	free     []*future.Promise[int]

	locks      []*syncs.Lock
	semaphores []syncs.Locker
	events     []*syncs.Event
	conditions []*syncs.Condition
	barriers   []*syncs.Barrier
	queues     []anyQueue
}

// interpret runs p in virtual time and returns its trace.
func interpret(t *testing.T, p program) (trace string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Config{
			BlockedAfter:     -1,
			ExceptionHandler: func(*loop.Loop, loop.ExceptionContext) {},
		})
		r := newRun(l, p)
		_, err := l.CallSoon(func() { r.spawn(l.Context(), 0, nil) })
		require.NoError(t, err)
		_, err = l.CallLater(time.Hour, l.Stop) // nothing is left to do long before
		require.NoError(t, err)
		require.NoError(t, l.RunForever())
		r.end()
		require.NoError(t, l.Close())
		trace = strings.Join(r.trace, "\n") + "\n"
	})
	return trace
}

func newRun(l *loop.Loop, p program) *run {
	r := &run{l: l, epoch: time.Now(), handles: map[byte][]*handle{}}
	for _, o := range p {
		switch o.do {
		case "body":
			r.bodies = append(r.bodies, o)
		case "eager":
			l.SetTaskFactory(loop.EagerTaskFactory)
			r.eager = true
		}
	}
	for range 3 {
		f := future.NewOn[int](l)
		r.promises = append(r.promises, f)
		r.handles['f'] = append(r.handles['f'], handleOf(f.Future(), never))
	}
	r.free = []*future.Promise[int]{future.New[int](), future.New[int]()}
	r.locks = []*syncs.Lock{new(syncs.Lock), new(syncs.Lock)}
	r.semaphores = []syncs.Locker{syncs.NewSemaphore(1), syncs.NewSemaphore(2), syncs.NewBoundedSemaphore(1)}
	r.events = []*syncs.Event{new(syncs.Event), new(syncs.Event)}
	r.conditions = []*syncs.Condition{new(syncs.Condition), syncs.NewCondition(r.locks[0])}
	r.barriers = []*syncs.Barrier{syncs.NewBarrier(2), syncs.NewBarrier(3)}
	r.queues = []anyQueue{queue.NewQueue[int](0), queue.NewQueue[int](1), queue.NewLifoQueue[int](2), queue.NewPriorityQueue[int](1)}
	return r
}

// turn returns the number of the loop's turn.
func (r *run) turn() uint64 {
	now, _ := bridge.LoopOf(r.l).Turn()
	return now
}

// note adds a line to the trace.
func (r *run) note(who, line, what string) {
	if r.over || len(r.trace) > maxLines {
		return
	}
	turn, first := bridge.LoopOf(r.l).Turn()
	at := time.Since(r.epoch).Milliseconds()
	r.trace = append(r.trace, strings.TrimRight(fmt.Sprintf("%d@%d %s:%s %s", turn-first, at, who, line, what), " "))
}

// end adds what has become of everything.
func (r *run) end() {
	for i, t := range r.tasks {
		if t == nil {
			continue
		}
		r.last("t", i, fmt.Sprintf("%s %d", r.handles['t'][i].state(), t.Cancelling()))
	}
	for i, h := range r.handles['f'] {
		r.last("f", i, h.state())
	}
	r.over = true
}

func (r *run) last(what string, i int, state string) {
	if len(r.trace) <= maxLines {
		r.trace = append(r.trace, fmt.Sprintf("end %s%d %s", what, i, state))
	}
}

// spawn starts a task, of group if that is not nil.
func (r *run) spawn(ctx context.Context, number int, group *loop.TaskGroup) (any, error) {
	if len(r.tasks) >= maxTasks {
		return "full", nil
	}
	name, entered := len(r.tasks), false
	h := new(handle) // not to be picked before the task is made: it may run at once
	r.tasks = append(r.tasks, nil)
	r.handles['t'] = append(r.handles['t'], h)
	body := func(ctx context.Context) (int, error) {
		entered = true
		f := &frame{run: r, name: name, scope: &scope{ctx: ctx}, seen: r.turn()}
		if group != nil && !r.eager {
			f.groups = []*loop.TaskGroup{group}
		}
		r.note(f.who(), "start", strconv.Itoa(number))
		if err := f.block(r.bodies[number%len(r.bodies)].kids); err != nil {
			return 0, err
		}
		if f.returned != nil {
			return *f.returned, nil
		}
		return number, nil
	}
	var t *loop.Task[int]
	if group == nil {
		t = loop.CreateTask(ctx, body)
	} else if t = loop.Go(group, body); t.IsDone() && !entered {
		return nil, t.Err() // refused
	}
	r.tasks[name] = t
	*h = *handleOf(t, name)
	return fmt.Sprintf("t%d", name), nil
}

// combine keeps a combination of handles.
func combine[T any](r *run, f *future.Future[T], of []*handle) string {
	reach := never
	for _, h := range of {
		reach = min(reach, h.reach)
	}
	r.handles['c'] = append(r.handles['c'], handleOf(f, reach))
	return fmt.Sprintf("c%d", len(r.handles['c'])-1)
}

// pick returns the handle that ref names, among those that the task of this name may
// await without a circle, or nil.
func (r *run) pick(name int, ref string) *handle {
	var among []*handle
	for _, h := range r.handles[ref[0]] {
		if h.work != nil && h.reach > name {
			among = append(among, h)
		}
	}
	if len(among) == 0 {
		return nil
	}
	n := number(ref[1:]) % len(among)
	if n < 0 {
		n += len(among)
	}
	return among[n]
}

func number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		panic(err)
	}
	return n
}
