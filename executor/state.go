package executor

import (
	"context"
	"reflect"
	"strconv"
	"sync"
)

// A Worker is one of the workers of a pool as the work that runs on it sees it,
// through [WorkerFrom]. It keeps state from job to job, typically what the
// initializer made. It stands for threading.local and for the module globals
// that an initializer of a process pool sets.
type Worker struct {
	id   int
	pool string

	mu    sync.Mutex
	state map[any]any // guarded by mu
}

type workerKeyType struct{}

// workerKey is the context key of the Worker.
var workerKey any = workerKeyType{}

// NewWorker returns a worker without state, for executors that are written elsewhere: they
// run the initializer and the jobs of one worker with a context of [WithWorker]. The
// arguments are what Name and ID say. Each call returns another one.
func NewWorker(pool string, id int) *Worker { return &Worker{pool: pool, id: id} }

// WithWorker returns a context in which [WorkerFrom] finds w, and [SetWorkerState] and
// [WorkerState] use its state. A worker inside another hides that one. For the context of
// a job see [Job.Context]; pools call it themselves.
func WithWorker(ctx context.Context, w *Worker) context.Context {
	return context.WithValue(ctx, workerKey, w)
}

// WorkerFrom returns the worker that runs the job to which ctx belongs, or nil outside
// of a pool. It is the same for every job of one worker; the worker that takes the
// place of one that died is another.
func WorkerFrom(ctx context.Context) *Worker {
	w, _ := ctx.Value(workerKey).(*Worker)
	return w
}

// ID returns the worker's number, counted from 0 in the order in which the pool
// started its workers. A replacement has a number of its own.
func (w *Worker) ID() int { return w.id }

// Name returns the pool's name and the worker's number, as in "pool_0".
func (w *Worker) Name() string { return w.pool + "_" + strconv.Itoa(w.id) }

// Set stores a value under key for later jobs of the same worker, in the place of the
// one before. It is lost when the worker process ends or dies.
func (w *Worker) Set(key, value any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == nil {
		w.state = make(map[any]any)
	}
	w.state[key] = value
}

// Value returns what Set stored under key on this worker, or nil. The worker that
// takes the place of one that died begins without values.
func (w *Worker) Value(key any) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state[key]
}

// SetWorkerState stores v for later jobs of the worker that runs the job to which ctx
// belongs; an initializer calls it. There is one place per type: a second v replaces
// the first. When a worker process dies its state is lost; the next worker has what
// its initializer sets. Outside of a pool it panics.
func SetWorkerState[T any](ctx context.Context, v T) {
	w := WorkerFrom(ctx)
	if w == nil {
		panic("executor: SetWorkerState outside of a pool: give it the context that the work received")
	}
	w.Set(reflect.TypeFor[T](), v)
}

// WorkerState returns what [SetWorkerState] stored on this worker for type T, and
// whether there is such a thing. The worker that takes the place of one that died has
// nothing until its initializer, or a job, sets it again.
func WorkerState[T any](ctx context.Context) (T, bool) {
	var none T
	w := WorkerFrom(ctx)
	if w == nil {
		return none, false
	}
	v, ok := w.Value(reflect.TypeFor[T]()).(T)
	return v, ok
}
