package executor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// MapOptions configure [Map]. The zero value is ready to use.
type MapOptions struct {
	// Window is the number of calls that are submitted and not yielded yet,
	// at most. Zero means four for each CPU; the input may be infinite.
	// Negative means no limit: the whole input is consumed and submitted when
	// Map is called, as Python does it.
	Window int

	// Chunk is the number of elements that travel as one job. Zero means 1.
	// More is faster for short calls to another process; one failing element
	// then fails its whole chunk. Negative is an error.
	Chunk int

	// Unordered yields results as they come rather than in the order of the
	// input.
	Unordered bool

	// Timeout ends the iteration that long after the call of Map, with a
	// [*future.TimeoutError]. Zero means no limit; a negative one ends it at
	// once, as that of future.Wait.
	Timeout time.Duration

	// KeepGoing goes on after an error of an element, which is yielded as a
	// [*MapError] that says which element it was. Without it the first error is
	// the last thing that is yielded, and comes as it is.
	KeepGoing bool
}

// errMapEnded is the cause of the cancellation of calls whose results will not be
// asked for.
var errMapEnded = future.Canceled(errors.New("executor: the iteration over Map has ended"))

// Map calls a function on ex for each element of in and yields the results, in input
// order unless opts say otherwise. bind makes the call for an element: it is the Bind
// method of a registered function, or the result of [Each].
//
//	for v, err := range executor.Map(ctx, pool, double.Bind, slices.Values(xs), executor.MapOptions{}) {
//
// Map is lazy: elements of in are taken when the caller asks for a result and the
// window has room for them. Waiting suspends a task and blocks a plain goroutine. When
// the iteration ends, by an error, by the timeout, by ctx or by a break, every call
// that was not yielded is canceled. A second range yields nothing.
//
// in may block. It is ranged over on a goroutine of its own, where what it awaits
// blocks that goroutine, while the caller waits for a result; results that are there
// are yielded, and ctx and Timeout end the iteration, all the same. Only then, after a
// millisecond, does in run at the same time as the caller; on a busy machine every in
// may take that long, so what in and the body of the loop share needs a lock. When the
// iteration ends while in is at work, the goroutine ends when in yields or returns.
// With a negative Window all of in is taken in place, by Map itself.
//
// An error of Submit, such as [ErrShutdown], is the last thing that is yielded, and so
// is the error of a call unless opts say KeepGoing: a [*CrashError] when its worker
// process died, for instance. So is ctx's cause if ctx ends, in the middle of a wait
// too, and a [*future.PanicError] if in or bind panics or calls runtime.Goexit, after
// the results of the elements before.
//
// It stands for Executor.map with Python 3.14's buffersize.
func Map[A, R any](ctx context.Context, ex Executor, bind func(A) Call[R], in iter.Seq[A], opts MapOptions) iter.Seq2[R, error] {
	m := &mapping[A, R]{ctx: ctx, ex: ex, bind: bind, in: in, opts: opts}
	if err := m.prepare(); err != nil {
		return func(yield func(R, error) bool) {
			var none R
			yield(none, err)
		}
	}
	if m.opts.Window < 0 {
		m.submitAll()
	}
	return m.run
}

// Each returns a function that makes calls of fn for [Map], for executors that run
// closures.
func Each[A, R any](fn func(context.Context, A) (R, error)) func(A) Call[R] {
	pc := funcPC(fn)
	return func(arg A) Call[R] {
		return Func(func(ctx context.Context) (R, error) { return fn(ctx, arg) }).Named(pcName(pc))
	}
}

// mapping is one Map.
type mapping[A, R any] struct {
	ctx      context.Context
	ex       Executor
	bind     func(A) Call[R]
	in       iter.Seq[A]
	opts     MapOptions
	deadline time.Time
	ranged   atomic.Bool // the sequence was ranged over
	yield    func(R, error) bool

	// Of the puller.
	chunk chunk[R] // elements that were not submitted yet
	taken int      // elements that were submitted
	room  int      // elements that may be taken before it parks; set while it is parked

	worthwhile int         // the least room for which the puller is set to work
	stopped    atomic.Bool // no more input is wanted

	more   chan struct{} // unparks the puller, which exists once this does
	pulled chan struct{} // closed when the puller has ended

	mu        sync.Mutex            // guards what follows
	order     []*mapped[R]          // submitted and not yielded, in the order of the input
	done      []*mapped[R]          // those of them that are done, in that order, if unordered
	active    bool                  // the puller is at work
	asked     time.Time             // when it was set to work
	ended     bool                  // there is no more input
	sourceErr error                 // why the input ended, if it did not return
	wake      *future.Promise[None] // settled when next is to look again; nil if it does not wait
}

// mapped is a chunk that was submitted: its results, or the future of a single one.
type mapped[R any] struct {
	first int // index of its first element
	one   *future.Future[R]
	many  *future.Future[[]R]
	err   error // it was not accepted

	watched bool // next is told when it is done
}

func (m *mapping[A, R]) prepare() error {
	if m.opts.Chunk < 0 {
		return &ConfigError{"MapOptions.Chunk", m.opts.Chunk, "give a positive number, or 0 for 1"}
	}
	m.opts.Chunk = max(1, m.opts.Chunk)
	if m.opts.Window == 0 {
		m.opts.Window = times(m.opts.Chunk, 4*runtime.GOMAXPROCS(0))
	}
	// Half of a window that keeps all workers busy twice is enough to go on with;
	// of a small one every place counts.
	m.worthwhile = max(1, m.opts.Window/4)
	if m.opts.Window >= 4*runtime.GOMAXPROCS(0) {
		m.worthwhile = m.opts.Window / 2
	}
	if m.opts.Timeout != 0 {
		m.opts.Timeout = max(m.opts.Timeout, 0)
		m.deadline = time.Now().Add(m.opts.Timeout)
	}
	return nil
}

// submitAll consumes the whole input.
func (m *mapping[A, R]) submitAll() {
	for a := range m.in {
		m.add(a)
	}
	m.flush()
	m.ended = true
}

// add takes one element; it is submitted when its chunk is full.
func (m *mapping[A, R]) add(a A) {
	if m.chunk.add(m.bind(a), m.opts.Chunk); m.chunk.n == m.opts.Chunk {
		m.flush()
	}
}

// flush submits the chunk that has been collected.
func (m *mapping[A, R]) flush() {
	n := m.chunk.n
	if n == 0 {
		return
	}
	c := &mapped[R]{first: m.taken}
	m.taken += n
	if first, all := m.chunk.take(); n == 1 {
		c.one, c.err = Submit(m.ctx, m.ex, first)
	} else {
		c.many, c.err = Submit(m.ctx, m.ex, all)
	}
	m.mu.Lock()
	stopped, awaited := m.stopped.Load(), len(m.order) == 0 && m.wake != nil
	if !stopped {
		m.order = append(m.order, c)
	}
	m.mu.Unlock()
	switch {
	case stopped:
		c.cancel()
	case m.opts.Unordered:
		c.onDone(func() { m.arrived(c) })
	case awaited:
		m.notify()
	}
}

// run is the iteration.
func (m *mapping[A, R]) run(yield func(R, error) bool) {
	if m.ranged.Swap(true) {
		return
	}
	m.yield = yield
	defer m.abandon()
	if !m.deadline.IsZero() {
		var cancel context.CancelFunc
		m.ctx, cancel = context.WithDeadlineCause(m.ctx, m.deadline, m.overdue())
		defer cancel()
	}
	var none R
	for {
		m.request()
		c, err := m.next()
		if err != nil {
			m.yield(none, err)
		}
		if c == nil || !m.yieldFrom(c) {
			return
		}
	}
}

// yieldFrom waits for a chunk and yields its results. It reports false if the
// iteration ends.
func (m *mapping[A, R]) yieldFrom(c *mapped[R]) bool {
	var none R
	if c.err != nil {
		// The executor is shut down or broken, or ctx has ended: no later
		// call would fare better.
		m.yield(none, c.err)
		return false
	}
	if c.one != nil {
		v, err := c.one.Await(m.ctx)
		return m.emit(c, v, err)
	}
	vs, err := c.many.Await(m.ctx)
	if err != nil {
		return m.emit(c, none, err)
	}
	for _, v := range vs {
		if !m.emit(c, v, nil) {
			return false
		}
	}
	return true
}

// emit yields one outcome.
func (m *mapping[A, R]) emit(c *mapped[R], v R, err error) bool {
	if err == nil {
		return m.yield(v, nil)
	}
	gaveUp := m.ctx.Err() != nil // the wait ended, not the work alone
	switch {
	case gaveUp:
		err = context.Cause(m.ctx)
	case !m.deadline.IsZero() && !time.Now().Before(m.deadline):
		// The work has the same deadline, and its timer was the faster one.
		gaveUp, err = true, m.overdue()
	}
	if !c.isDone() {
		gaveUp = true // this task was canceled
		c.cancel()
	}
	if m.opts.KeepGoing && !gaveUp {
		return m.yield(v, &MapError{Index: c.first, Err: err})
	}
	m.yield(v, err)
	return false
}

// overdue is the error of a Map whose time has run out.
func (m *mapping[A, R]) overdue() error {
	return &future.TimeoutError{Err: fmt.Errorf("executor: Map: not all results were there after %v", m.opts.Timeout)}
}

func (c *mapped[R]) isDone() bool {
	switch {
	case c.one != nil:
		return c.one.IsDone()
	case c.many != nil:
		return c.many.IsDone()
	default:
		return true
	}
}

func (c *mapped[R]) onDone(fn func()) {
	switch {
	case c.one != nil:
		c.one.OnDone(fn)
	case c.many != nil:
		c.many.OnDone(fn)
	default:
		fn()
	}
}

func (c *mapped[R]) cancel() {
	switch {
	case c.one != nil:
		c.one.CancelCause(errMapEnded)
	case c.many != nil:
		c.many.CancelCause(errMapEnded)
	}
}
