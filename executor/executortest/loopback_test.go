package executortest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/executortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThreadPool(t *testing.T) {
	executortest.Run(t, func(t *testing.T) executor.Executor {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		return p
	})
}

func TestLoopback(t *testing.T) {
	executortest.Run(t, func(t *testing.T) executor.Executor { return newLoopback(t, 3, executor.Call[executor.None]{}) })
}

// loopback is an executor as a user would write one over a network, with the
// public interface only: every job is encoded, "sent" to a goroutine that knows
// nothing but bytes, and its answer decoded.
type loopback struct {
	initializer string // its name; empty if there is none
	initArg     []byte
	done        chan struct{} // closed when closed is set and no job is left

	mu      sync.Mutex      // guards what follows
	free    []*remoteWorker // that run no job
	pending []*executor.Job // accepted; they begin in this order
	running map[*executor.Job]bool
	closed  bool
	drained bool
	untrack func() // from what executor.CloseAll closes
}

// A remoteWorker is one on the remote side. It begins with the initializer.
type remoteWorker struct {
	state *executor.Worker
	ready bool // used by the one that has the worker
}

func newLoopback(t *testing.T, n int, initializer executor.Call[executor.None]) *loopback {
	t.Helper()
	l := &loopback{done: make(chan struct{}), running: map[*executor.Job]bool{}}
	if !initializer.IsZero() {
		var err error
		l.initializer, l.initArg, err = initializer.Encode()
		require.NoError(t, err)
	}
	for i := range n {
		l.free = append(l.free, &remoteWorker{state: executor.NewWorker("loopback", i)})
	}
	l.untrack = executor.Track(l)
	return l
}

func (l *loopback) NeedsEncoding() bool { return true }

func (l *loopback) Execute(_ context.Context, job *executor.Job) error {
	// Before the job can begin, for then it has another hook; and without the
	// lock, for this one is called at once if the job was called off already. A
	// network executor would tell the other side.
	job.OnCancel(func(error) { l.drop(job) })
	if err := l.accept(job); err != nil {
		return err
	}
	if job.Context().Err() != nil {
		l.drop(job) // the hook may have come too early
	}
	return nil
}

func (l *loopback) accept(job *executor.Job) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return executor.ErrShutdown
	}
	l.pending = append(l.pending, job)
	l.startLocked()
	return nil
}

// drop forgets a job that was called off while it was pending.
func (l *loopback) drop(job *executor.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = slices.DeleteFunc(l.pending, func(j *executor.Job) bool { return j == job })
	l.drainLocked()
}

func (l *loopback) Stats() executor.Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return executor.Stats{Name: "loopback", Running: len(l.running), Queued: len(l.pending)}
}

func (l *loopback) startLocked() {
	for len(l.pending) > 0 && len(l.free) > 0 {
		job, w := l.pending[0], l.free[0]
		l.pending, l.free = l.pending[1:], l.free[1:]
		l.running[job] = true
		go l.serve(job, w)
	}
}

func (l *loopback) serve(job *executor.Job, w *remoteWorker) {
	defer l.ended(job, w)
	if !job.Start() {
		return
	}
	function, arg, err := job.Encode()
	if err != nil {
		job.Fail(err)
		return
	}
	result, failure := l.send(job, w, function, arg)
	if failure != nil {
		job.Fail(executor.DecodeRemoteError(failure))
		return
	}
	_ = job.Resolve(result) // an error of Resolve is the future's already
}

// send is the network and the remote side.
func (l *loopback) send(job *executor.Job, w *remoteWorker, function string, arg []byte) (result, failure []byte) {
	ctx, cancel := context.WithCancelCause(executor.WithWorker(context.Background(), w.state))
	defer cancel(nil)
	if !w.ready && l.initializer != "" {
		if _, failure = invoke(ctx, l.initializer, l.initArg); failure != nil {
			return nil, failure
		}
	}
	w.ready = true
	if d, ok := job.Context().Deadline(); ok {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadline(ctx, d)
		defer stop()
	}
	job.OnCancel(cancel)
	return invoke(ctx, function, arg)
}

func invoke(ctx context.Context, function string, arg []byte) (result, failure []byte) {
	answered := make(chan struct{})
	go executor.Invoke(ctx, function, arg, func(r []byte, err error) {
		defer close(answered)
		if err != nil {
			failure = executor.EncodeRemoteError(err)
			return
		}
		result = append([]byte{}, r...)
	})
	<-answered
	return result, failure
}

func (l *loopback) ended(job *executor.Job, w *remoteWorker) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, job)
	l.free = append(l.free, w)
	l.startLocked()
	l.drainLocked()
}

func (l *loopback) drainLocked() {
	if l.closed && !l.drained && len(l.running)+len(l.pending) == 0 {
		l.drained = true
		l.untrack()
		close(l.done)
	}
}

func (l *loopback) Shutdown(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.drainLocked()
	l.mu.Unlock()
	select {
	case <-l.done:
		return nil
	default:
	}
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &executor.ShutdownError{Pool: "loopback", Queued: len(l.pending), Cause: context.Cause(ctx)}
	for job := range l.running {
		e.Running = append(e.Running, executor.RunningJob{ID: job.ID(), Function: job.Name(), For: time.Since(job.Submitted())})
	}
	return e
}

// CancelPending calls off what has not begun: what is taken out of the queue under
// the lock never will.
func (l *loopback) CancelPending() int {
	l.mu.Lock()
	pending := l.pending
	l.pending = nil
	l.drainLocked()
	l.mu.Unlock()
	n := 0
	for _, job := range pending {
		if job.CallOff(nil) {
			n++
		}
	}
	return n
}

var one = executor.RegisterNoArg("loopback.one", func(context.Context) (int, error) { return 1, nil })

func TestLoopbackIsClosedWithTheOthers(t *testing.T) {
	l := newLoopback(t, 1, executor.Call[executor.None]{})
	require.NoError(t, executor.CloseAll(t.Context()))
	_, err := executor.Submit(t.Context(), l, one.Bind())
	require.ErrorIs(t, err, executor.ErrShutdown)
	require.NoError(t, executor.CloseAll(t.Context()), "it is tracked no more")
}

var (
	load = executor.RegisterNoResult("loopback.load", func(ctx context.Context, model string) error {
		if model == "" {
			return errors.New("no model")
		}
		executor.SetWorkerState(ctx, model)
		return nil
	})
	loaded = executor.RegisterNoArg("loopback.loaded", func(ctx context.Context) (string, error) {
		model, ok := executor.WorkerState[string](ctx)
		if !ok {
			return "", errors.New("nothing was loaded")
		}
		return executor.WorkerFrom(ctx).Name() + " has " + model, nil
	})
)

func TestLoopbackRunsAnInitializer(t *testing.T) {
	l := newLoopback(t, 1, load.Bind("a model"))
	v, err := executor.Run(t.Context(), l, loaded.Bind())
	require.NoError(t, err)
	require.Equal(t, "loopback_0 has a model", v)
	require.NoError(t, l.Shutdown(t.Context()))

	l = newLoopback(t, 1, load.Bind(""))
	_, err = executor.Run(t.Context(), l, loaded.Bind())
	require.ErrorContains(t, err, "no model")
	require.NoError(t, l.Shutdown(t.Context()))
}

func TestEncodeOfACallThatCannotTravel(t *testing.T) {
	_, _, err := executor.Call[int]{}.Encode()
	require.ErrorIs(t, err, executor.ErrNoCall)
	_, _, err = executor.Func(func(context.Context) (int, error) { return 1, nil }).Encode()
	require.ErrorIs(t, err, executor.ErrClosure)
}
