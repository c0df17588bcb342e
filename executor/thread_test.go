package executor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var errTest = errors.New("test: something went wrong")

// blocker returns a call that says it runs and ends when release is called.
func blocker() (call executor.Call[string], entered chan string, release func()) {
	entered = make(chan string, 64)
	gate := make(chan struct{})
	return executor.Func(func(ctx context.Context) (string, error) {
		name := ""
		if w := executor.WorkerFrom(ctx); w != nil {
			name = w.Name()
		}
		entered <- name
		<-gate
		return name, nil
	}), entered, sync.OnceFunc(func() { close(gate) })
}

// test_max_workers_negative.
func TestThreadPoolRefusesConfigurationWithoutSense(t *testing.T) {
	for field, cfg := range map[string]executor.ThreadConfig{
		"ThreadConfig.Workers":     {Workers: -1},
		"ThreadConfig.MaxPending":  {MaxPending: -2},
		"ThreadConfig.IdleTimeout": {IdleTimeout: -time.Second},
	} {
		p, err := executor.NewThreadPool(cfg)
		require.Nil(t, p)
		var ce *executor.ConfigError
		require.ErrorAs(t, err, &ce)
		require.Equal(t, field, ce.Field)
		require.ErrorContains(t, err, field)
	}
}

// test_default_workers, test_thread_names_default.
func TestThreadPoolDefaultsAreThoseOfPython(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{})
	require.Equal(t, min(32, runtime.GOMAXPROCS(0)+4), p.Stats().MaxWorkers)
	require.Zero(t, p.Stats().Workers, "workers are started on demand")
	require.True(t, strings.HasPrefix(p.Name(), "ThreadPool-"), p.Name())
}

// test_thread_names_assigned.
func TestWorkersHaveThePoolsNameAndANumber(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Name: "SpecialPool", Workers: 3})
	call, entered, release := blocker()
	defer release()
	names := map[string]bool{}
	for range 3 {
		give(t, p, call)
		names[<-entered] = true
	}
	require.Equal(t, map[string]bool{"SpecialPool_0": true, "SpecialPool_1": true, "SpecialPool_2": true}, names)
}

// test_idle_thread_reuse.
func TestAnIdleWorkerIsReusedBeforeANewOneIsStarted(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 3})
	for range 500 {
		require.Equal(t, 1, resultOf(t, give(t, p, executor.Func(one))))
	}
	require.Equal(t, 1, p.Stats().Workers)
}

// test_saturation.
func TestNoMoreWorkersThanJobsNorThanTheLimit(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 4})
	call, entered, release := blocker()
	defer release()
	for range 15 * 4 {
		give(t, p, call)
	}
	for range 4 {
		<-entered
	}
	s := p.Stats()
	require.Equal(t, 4, s.Workers)
	require.Equal(t, 4, s.Running)
	require.Equal(t, 56, s.Queued)
	require.Zero(t, s.Idle)
	require.Empty(t, entered)
}

func TestQueuedJobsRunInTheOrderOfSubmissionAndPriority(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	call, entered, release := blocker()
	give(t, p, call)
	<-entered
	var mu sync.Mutex
	var order []int
	note := func(i int) executor.Call[executor.None] {
		return executor.Action(func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
			return nil
		})
	}
	var fs []*future.Future[executor.None]
	for i := range 4 {
		fs = append(fs, give(t, p, note(i)))
	}
	for i := range 3 {
		fs = append(fs, give(t, p, note(10+i).WithPriority(1)))
	}
	for i := range 12 {
		fs = append(fs, give(t, p, note(-1-i).WithPriority(-1-i)))
	}
	release()
	for _, f := range fs {
		resultOf(t, f)
	}
	require.Equal(t, []int{10, 11, 12, 0, 1, 2, 3, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12}, order)
}

// test_hang_issue12364 and the callbacks of a worker that is not free yet.
func TestACallbackThatBlocksDoesNotHoldUpTheNextJob(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 2})
	call, entered, release := blocker()
	f := give(t, p, call)
	<-entered
	got := make(chan int)
	f.OnDone(func() {
		// The worker that settled f is not free before this returns.
		inner, err := executor.Submit(context.Background(), p, executor.Func(one))
		if err != nil {
			got <- -1
			return
		}
		v, _ := inner.Await(context.Background())
		got <- v
	})
	release()
	require.Equal(t, 1, <-got)
}

func TestABoundedQueueMakesSubmitWaitAndTrySubmitRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, executor.ThreadConfig{Workers: 1, MaxPending: 2})
		call, entered, release := blocker()
		give(t, p, call)
		<-entered
		for range 2 {
			give(t, p, executor.Func(one))
		}
		_, err := executor.TrySubmit(t.Context(), p, executor.Func(one))
		require.ErrorIs(t, err, executor.ErrQueueFull)

		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errTest)
		defer cancel()
		start := time.Now()
		_, err = executor.Submit(ctx, p, executor.Func(one))
		require.ErrorIs(t, err, errTest)
		require.Equal(t, time.Minute, time.Since(start))
		require.Zero(t, p.Stats().WaitingFor)

		accepted := make(chan int, 3)
		for i := range 3 {
			go func() {
				f, err := executor.Submit(t.Context(), p, executor.Func(func(context.Context) (int, error) { accepted <- i; return i, nil }))
				if err == nil {
					_, _ = f.Await(t.Context())
				}
			}()
			synctest.Wait()
		}
		require.Equal(t, 3, p.Stats().WaitingFor)
		release()
		for i := range 3 {
			require.Equal(t, i, <-accepted, "who waits is served in order")
		}
	})
}

func TestAJobThatIsCalledOffMakesRoom(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1, MaxPending: 1})
	call, entered, release := blocker()
	defer release()
	give(t, p, call)
	<-entered
	queued := give(t, p, executor.Func(one))
	_, err := executor.TrySubmit(t.Context(), p, executor.Func(one))
	require.ErrorIs(t, err, executor.ErrQueueFull)
	require.True(t, queued.Cancel())
	require.Zero(t, p.Stats().Queued)
	_, err = executor.TrySubmit(t.Context(), p, executor.Func(one))
	require.NoError(t, err)
}

func TestShutdownAndABrokenPoolWakeWhoWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1, MaxPending: 1})
		require.NoError(t, err)
		call, entered, release := blocker()
		give(t, p, call)
		<-entered
		give(t, p, executor.Func(one))
		refused := make(chan error)
		go func() {
			_, err := executor.Submit(context.Background(), p, executor.Func(one))
			refused <- err
		}()
		synctest.Wait()
		go func() { _ = p.Shutdown(context.Background()) }()
		require.ErrorIs(t, <-refused, executor.ErrShutdown)
		release()
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

// InitializerMixin.test_initializer.
func TestTheInitializerRunsOncePerWorkerBeforeItsFirstJob(t *testing.T) {
	type connection struct{ id int }
	var made atomic.Int64
	p := newPool(t, executor.ThreadConfig{
		Workers: 3,
		Initializer: executor.Action(func(ctx context.Context) error {
			executor.SetWorkerState(ctx, &connection{int(made.Add(1))})
			return nil
		}),
	})
	call := executor.Func(func(ctx context.Context) (int, error) {
		c, ok := executor.WorkerState[*connection](ctx)
		if !ok {
			return 0, errTest
		}
		return c.id, nil
	})
	var fs []*future.Future[int]
	for range 100 {
		fs = append(fs, give(t, p, call))
	}
	for _, f := range fs {
		require.Contains(t, []int{1, 2, 3}, resultOf(t, f))
	}
	require.LessOrEqual(t, made.Load(), int64(3))
	_, ok := executor.WorkerState[*connection](t.Context())
	require.False(t, ok, "outside of a pool there is no worker")
	require.Panics(t, func() { executor.SetWorkerState(t.Context(), 1) })
}

// FailingInitializerMixin.test_initializer.
func TestAFailingInitializerBreaksThePoolForGood(t *testing.T) {
	for name, initializer := range map[string]func(context.Context) error{
		"error":  func(context.Context) error { return errTest },
		"panic":  func(context.Context) error { panic(errTest) },
		"goexit": func(context.Context) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			gate := make(chan struct{})
			p, err := executor.NewThreadPool(executor.ThreadConfig{
				Name:        "broken",
				Workers:     1,
				Initializer: executor.Action(func(ctx context.Context) error { <-gate; return initializer(ctx) }),
			})
			require.NoError(t, err)
			first := give(t, p, executor.Func(one))
			queued := give(t, p, executor.Func(one))
			close(gate)
			for _, f := range []*future.Future[int]{first, queued} {
				_, err := f.Await(t.Context())
				requireInitError(t, err)
				if name != "goexit" {
					require.ErrorIs(t, err, errTest)
				}
			}
			_, err = executor.Submit(t.Context(), p, executor.Func(one))
			requireInitError(t, err)
			require.NoError(t, p.Shutdown(t.Context()))
			require.Zero(t, p.Stats().Workers)
		})
	}
}

func requireInitError(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, executor.ErrBroken)
	var be *executor.BrokenPoolError
	require.ErrorAs(t, err, &be)
	require.Equal(t, "broken", be.Pool)
	var ie *executor.InitError
	require.ErrorAs(t, err, &ie)
	require.Equal(t, "broken_0", ie.Worker)
}

func TestIdleWorkersLeaveAfterTheirTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, executor.ThreadConfig{Workers: 3, IdleTimeout: time.Minute})
		call, entered, release := blocker()
		for range 3 {
			give(t, p, call)
		}
		for range 3 {
			<-entered
		}
		release()
		synctest.Wait()
		require.Equal(t, 3, p.Stats().Idle)
		time.Sleep(40 * time.Second)
		resultOf(t, give(t, p, executor.Func(one)))
		time.Sleep(19 * time.Second)
		synctest.Wait()
		require.Equal(t, 3, p.Stats().Workers, "none leaves before")
		time.Sleep(9 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, p.Stats().Workers, "the one that worked meanwhile stays")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, p.Stats().Workers, "its minute is not over")
		time.Sleep(9 * time.Second)
		synctest.Wait()
		require.Zero(t, p.Stats().Workers)
		require.Equal(t, 1, resultOf(t, give(t, p, executor.Func(one))), "a new one is started when needed")
	})
}

func TestAWorkerKeepsItsStateWhenAJobEndsItsGoroutine(t *testing.T) {
	var inits atomic.Int64
	p := newPool(t, executor.ThreadConfig{Workers: 1, Initializer: executor.Action(func(context.Context) error { inits.Add(1); return nil })})
	for range 50 {
		_, err := give(t, p, executor.Action(func(context.Context) error { runtime.Goexit(); return nil })).Await(t.Context())
		var pe *future.PanicError
		require.ErrorAs(t, err, &pe)
		require.True(t, pe.Goexit)
		require.Contains(t, string(pe.Stack), "thread_test.go")
	}
	require.Equal(t, int64(1), inits.Load())
	require.Equal(t, 1, p.Stats().Workers)
}

func TestFailNowInAJobSettlesItsFuture(t *testing.T) {
	p := newPool(t, executor.ThreadConfig{Workers: 1})
	inner := new(testing.T)
	_, err := give(t, p, executor.Action(func(context.Context) error { inner.FailNow(); return nil })).Await(t.Context())
	var pe *future.PanicError
	require.ErrorAs(t, err, &pe)
	require.True(t, pe.Goexit)
	require.True(t, inner.Failed())
}

func TestPinnedWorkersKeepTheirThreadAndInitializeANewOne(t *testing.T) {
	var inits atomic.Int64
	p := newPool(t, executor.ThreadConfig{Workers: 1, PinThreads: true, Initializer: executor.Action(func(context.Context) error { inits.Add(1); return nil })})
	for range 10 {
		resultOf(t, give(t, p, executor.Func(one)))
	}
	require.Equal(t, int64(1), inits.Load())
	_, err := give(t, p, executor.Action(func(context.Context) error { runtime.Goexit(); return nil })).Await(t.Context())
	require.Error(t, err)
	resultOf(t, give(t, p, executor.Func(one)))
	require.Equal(t, int64(2), inits.Load(), "what the initializer did to the thread went with it")
}

func TestStatsCountWhatBecameOfJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, executor.ThreadConfig{Workers: 1, Name: "counted"})
		resultOf(t, give(t, p, executor.Func(func(context.Context) (int, error) { time.Sleep(time.Second); return 1, nil })))
		_, err := give(t, p, executor.Action(func(context.Context) error { return errTest })).Await(t.Context())
		require.ErrorIs(t, err, errTest)
		call, entered, release := blocker()
		give(t, p, call)
		<-entered
		give(t, p, executor.Func(one)).Cancel()
		waiting := give(t, p, executor.Func(one))
		time.Sleep(time.Hour)
		release()
		resultOf(t, waiting)
		synctest.Wait()
		s := p.Stats()
		require.Equal(t, "counted", s.Name)
		require.Equal(t, uint64(3), s.Completed)
		require.Equal(t, uint64(1), s.Failed)
		require.Equal(t, uint64(1), s.Canceled)
		require.Equal(t, uint64(4), s.Waited.Count())
		require.Equal(t, uint64(4), s.Ran.Count())
		require.Equal(t, time.Hour+time.Second, s.Ran.Sum)
		require.Equal(t, time.Hour/4, s.Waited.Mean())
		require.GreaterOrEqual(t, s.Ran.Quantile(1), time.Hour)
		require.Less(t, s.Ran.Quantile(1), 2*time.Hour)
		require.Zero(t, s.Ran.Quantile(0.5))
		require.Zero(t, (&executor.Histogram{}).Mean())
		require.Zero(t, (&executor.Histogram{}).Quantile(0.5))
	})
}
