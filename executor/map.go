package executor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
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

	// Timeout, if positive, ends the iteration that long after the call of
	// Map, with a [*future.TimeoutError].
	Timeout time.Duration

	// KeepGoing goes on after an error of an element, which is yielded as a
	// [*MapError] that says which element it was. Without it the first error is
	// the last thing that is yielded, and comes as it is.
	KeepGoing bool
}

// errMapEnded is the cause of the cancellation of calls whose results nobody will
// ask for.
var errMapEnded = future.Canceled(errors.New("executor: the iteration over Map has ended"))

// Map runs a call for every element of in on ex and yields the results, in the
// order of the input unless opts say otherwise. bind makes the call of an element:
// the Bind method of a registered function, or what [Each] returns.
//
//	for v, err := range executor.Map(ctx, pool, double.Bind, slices.Values(xs), executor.MapOptions{}) {
//
// Map is lazy: the next element of in is taken when the caller asks for a result
// and the window has room for it. Waiting suspends a task and blocks a plain
// goroutine. When the iteration ends, by an error, by the timeout, by ctx or by
// a break, every call that was not yielded is canceled. A second range yields
// nothing.
//
// An error of Submit, such as [ErrShutdown], is the last thing that is yielded; so
// is ctx's cause if ctx ends, in the middle of a wait too.
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
	chunk    []Call[R]    // elements that do not make a chunk yet
	order    []*mapped[R] // submitted and not yielded, in the order of the input
	done     arrivals[R]  // those of them that are done, if unordered
	taken    int          // elements that were submitted
	ranged   atomic.Bool  // the sequence was ranged over
	yield    func(R, error) bool
}

// mapped is a chunk that was submitted: its results, or the future of a single one.
type mapped[R any] struct {
	first int // index of its first element
	one   *future.Future[R]
	many  *future.Future[[]R]
	err   error // it was not accepted
}

func (m *mapping[A, R]) prepare() error {
	if m.opts.Chunk < 0 {
		return &ConfigError{"MapOptions.Chunk", m.opts.Chunk, "give a positive number, or 0 for 1"}
	}
	m.opts.Chunk = max(1, m.opts.Chunk)
	if m.opts.Window == 0 {
		m.opts.Window = 4 * runtime.GOMAXPROCS(0) * m.opts.Chunk
	}
	if m.opts.Timeout > 0 {
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
	m.in = func(func(A) bool) {}
}

// add takes one element; it is submitted when its chunk is full.
func (m *mapping[A, R]) add(a A) {
	if m.chunk = append(m.chunk, m.bind(a)); len(m.chunk) == m.opts.Chunk {
		m.flush()
	}
}

// flush submits the chunk that has been collected.
func (m *mapping[A, R]) flush() {
	if len(m.chunk) == 0 {
		return
	}
	c := &mapped[R]{first: m.taken}
	m.taken += len(m.chunk)
	if len(m.chunk) == 1 {
		c.one, c.err = Submit(m.ctx, m.ex, m.chunk[0])
	} else {
		c.many, c.err = Submit(m.ctx, m.ex, joinCalls(m.chunk))
	}
	m.chunk = m.chunk[:0]
	m.order = append(m.order, c)
	if m.opts.Unordered {
		m.done.watch(c)
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
	for a := range m.in {
		m.add(a)
		for len(m.order)*m.opts.Chunk+len(m.chunk) >= m.opts.Window {
			m.flush() // a window smaller than a chunk
			if !m.yieldNext() {
				return
			}
		}
	}
	m.flush()
	for len(m.order) > 0 {
		if !m.yieldNext() {
			return
		}
	}
}

// yieldNext waits for a chunk and yields its results. It reports false if the
// iteration ends.
func (m *mapping[A, R]) yieldNext() bool {
	c, err := m.next()
	var none R
	if err != nil {
		m.yield(none, err)
		return false
	}
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

// next returns the chunk to yield from, and takes it out of the order.
func (m *mapping[A, R]) next() (*mapped[R], error) {
	c := m.order[0]
	if m.opts.Unordered {
		var err error
		if c, err = m.done.next(m.ctx); err != nil {
			if m.ctx.Err() != nil {
				err = context.Cause(m.ctx)
			}
			return nil, err
		}
	}
	for i := range m.order {
		if m.order[i] == c {
			m.order = append(m.order[:i], m.order[i+1:]...)
			break
		}
	}
	return c, nil
}

// abandon cancels what nobody will ask for.
func (m *mapping[A, R]) abandon() {
	for _, c := range m.order {
		c.cancel()
	}
	m.order, m.chunk = nil, nil
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
