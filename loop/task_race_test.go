package loop_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// This file attacks the core of tasks: what comes twice, too late, from the wrong
// goroutine, or by a panic.

func TestAWakeUpThatMissedItsWaitDoesNotEndTheNext(t *testing.T) {
	missed := func(t *testing.T, ctx context.Context, first func()) {
		h := whose.Current(ctx)
		start := time.Now()
		for range 3 {
			first()
			ticket := h.Prepare()
			h.Unpark(ticket) // a step is ready now, and nothing parks for it
			h.Unpark(ticket) // spent
			require.NoError(t, loop.Sleep(ctx, time.Hour))
			h.Unpark(ticket) // outdated
		}
		require.Equal(t, 3*time.Hour, time.Since(start))
	}
	t.Run("when the task begins the turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			run(t, func(ctx context.Context) { missed(t, ctx, func() {}) })
		})
	})
	t.Run("when the loop does", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			run(t, func(ctx context.Context) {
				l := here(t, ctx)
				missed(t, ctx, func() {
					_, err := l.CallSoon(func() {})
					require.NoError(t, err)
				})
			})
		})
	})
}

func TestBlockingWorkThatIsDoneAtOnceDoesNotEndTheNextWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, func(ctx context.Context) {
			start := time.Now()
			for range 100 {
				require.NoError(t, whose.Block(ctx, func(context.Context) error { return nil }))
				require.NoError(t, loop.Sleep(ctx, time.Hour))
			}
			require.Equal(t, 100*time.Hour, time.Since(start))
		})
	})
}

func TestACancellationThatEndedAWaitIsPastRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, func(ctx context.Context) {
			first, second := errors.New("first"), errors.New("second")
			task := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				err := loop.Sleep(ctx, time.Hour)
				require.ErrorIs(t, err, first)
				require.NotErrorIs(t, err, second, "one wait tells of one request")
				require.ErrorIs(t, loop.Sleep(ctx, time.Hour), first, "the context is done")
				require.NoError(t, loop.Sleep(loop.Resume(ctx), time.Hour))
				return none{}, nil
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			require.True(t, task.CancelCause(first))
			require.True(t, task.CancelCause(second))
			require.Equal(t, 1, task.Uncancel())
			require.Equal(t, 0, task.Uncancel())
			_, err := task.Await(ctx)
			require.NoError(t, err)
		})
	})
}

func TestTwoCancellationsThatMeetInOneWaitAreOne(t *testing.T) {
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		ofFuture, ofTask := errors.New("of the future"), errors.New("of the task")
		for _, f := range []*future.Future[int]{pending(l), future.New[int]().Future()} {
			task := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				_, err := f.Await(ctx)
				require.ErrorIs(t, err, ofFuture)
				require.ErrorIs(t, loop.Sleep(ctx, 0), ofTask, "of which the context tells")
				require.NoError(t, loop.Sleep(loop.Resume(ctx), 0))
				return none{}, err
			})
			require.NoError(t, loop.Sleep(ctx, 0))
			require.True(t, f.CancelCause(ofFuture))
			require.True(t, task.CancelCause(ofTask))
			_, err := task.Await(ctx)
			require.ErrorIs(t, err, ofFuture)
			require.True(t, task.Canceled())
		}
	})
}

func TestTasksThatAwaitEachOtherCanBeCanceled(t *testing.T) {
	run(t, func(ctx context.Context) {
		tasks := make([]*loop.Task[none], 3)
		for i := range tasks {
			tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				return tasks[(i+1)%len(tasks)].Await(ctx)
			})
		}
		require.NoError(t, loop.Sleep(ctx, 0))
		require.True(t, tasks[1].Cancel())
		for _, task := range tasks {
			_, err := task.Await(ctx)
			require.ErrorIs(t, err, context.Canceled)
		}
	})
}

// A badCanceler panics when it is asked.
type badCanceler struct{}

func (badCanceler) CancelRequested(future.State, error) future.Answer { panic("bad canceler") }

func TestACancelerThatPanicsDoesNoHarmToTheTask(t *testing.T) {
	setup := func(l *loop.Loop) *future.Promise[int] {
		p := new(future.Promise[int])
		p.Init(l, badCanceler{})
		return p
	}
	t.Run("while the task is suspended", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			p := setup(here(t, ctx))
			task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return p.Future().Await(ctx) })
			require.NoError(t, loop.Sleep(ctx, 0))
			require.PanicsWithValue(t, "bad canceler", func() { task.Cancel() })
			require.NoError(t, p.SetResult(5))
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 5, v)
		})
	})
	t.Run("at the await that meets the cancellation", func(t *testing.T) {
		run(t, func(ctx context.Context) {
			p := setup(here(t, ctx))
			task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				loop.CurrentTask(ctx).Cancel()
				require.Panics(t, func() { _, _ = p.Future().Await(ctx) })
				require.NoError(t, p.SetResult(6)) // must not wake a wait that never began
				require.ErrorIs(t, loop.Sleep(ctx, time.Hour), context.Canceled)
				return 7, nil
			})
			v, err := task.Await(ctx)
			require.NoError(t, err)
			require.Equal(t, 7, v)
		})
	})
}

func TestGoexitAtEveryPointOfATask(t *testing.T) {
	points := map[string]func(ctx context.Context, p *future.Promise[int]){
		"at once": func(context.Context, *future.Promise[int]) { runtime.Goexit() },
		"and a panic": func(context.Context, *future.Promise[int]) {
			defer func() { panic("at the end") }()
			runtime.Goexit()
		},
		"after a turn": func(ctx context.Context, _ *future.Promise[int]) { _ = loop.Sleep(ctx, 0); runtime.Goexit() },
		"after a wait": func(ctx context.Context, p *future.Promise[int]) { _, _ = p.Future().Await(ctx); runtime.Goexit() },
		"after it gave up a wait": func(ctx context.Context, p *future.Promise[int]) {
			loop.CurrentTask(ctx).Cancel()
			_, _ = p.Future().Await(ctx)
			runtime.Goexit()
		},
		"in a deferred function": func(ctx context.Context, _ *future.Promise[int]) {
			defer runtime.Goexit()
			_ = loop.Sleep(ctx, 0)
		},
		"in a deferred function after a panic": func(context.Context, *future.Promise[int]) {
			defer runtime.Goexit()
			panic("swallowed by Goexit")
		},
		"with a deferred function that waits": func(ctx context.Context, p *future.Promise[int]) {
			defer func() { _, _ = p.Future().Await(ctx) }()
			runtime.Goexit()
		},
		"in blocking work": func(ctx context.Context, _ *future.Promise[int]) {
			err := whose.Block(ctx, func(context.Context) error { runtime.Goexit(); return nil })
			panic(err)
		},
	}
	for name, body := range points {
		t.Run(name, func(t *testing.T) {
			run(t, func(ctx context.Context) {
				for range 3 { // the loop goes on, and makes new coroutines
					p := future.NewOn[int](here(t, ctx))
					task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
						body(ctx, p)
						return 1, nil
					})
					waiter := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return task.Await(ctx) })
					require.NoError(t, loop.Sleep(ctx, 0))
					_, _ = p.SetResult(1), loop.Sleep(ctx, 0)
					_, err := waiter.Await(ctx)
					var crash *future.PanicError
					require.ErrorAs(t, err, &crash)
					require.True(t, task.IsDone())
				}
			})
		})
	}
}

func TestCancellationsRaceOutcomesFromForeignGoroutines(t *testing.T) {
	run(t, func(ctx context.Context) {
		const n = 200
		var wg sync.WaitGroup
		tasks := make([]*loop.Task[int], n)
		promises := make([]*future.Promise[int], n)
		start := make(chan none)
		for i := range tasks {
			promises[i] = future.New[int]()
			if i%2 == 0 {
				promises[i] = future.NewOn[int](here(t, ctx))
			}
			tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				v, err := promises[i].Future().Await(ctx)
				if err != nil {
					// Canceled once: what comes after must work again, unless
					// one more request comes.
					_ = loop.Sleep(ctx, 0)
				}
				return v, err
			})
			wg.Go(func() { <-start; tasks[i].Cancel(); tasks[i].Cancel() })
			wg.Go(func() { <-start; promises[i].Settle(i, nil) })
			wg.Go(func() { <-start; _, _ = tasks[i].Await(context.Background()) })
			wg.Go(func() {
				<-start
				token := promises[i].Future().OnDone(func() {})
				promises[i].Future().RemoveDoneCallback(token)
			})
		}
		require.NoError(t, loop.Sleep(ctx, 0))
		close(start)
		for i, task := range tasks {
			v, err := task.Await(ctx)
			if err != nil {
				require.ErrorIs(t, err, context.Canceled)
			} else {
				require.Equal(t, i, v)
			}
			require.True(t, promises[i].Future().IsDone())
		}
		require.NoError(t, whose.Block(ctx, func(context.Context) error { wg.Wait(); return nil }))
	})
}

func TestALoopThatClosesWhileOutcomesArrive(t *testing.T) {
	for range 30 {
		l := loop.New(loop.Config{ExceptionHandler: func(*loop.Loop, loop.ExceptionContext) {}})
		const n = 20
		var wg sync.WaitGroup
		start := make(chan none)
		var tasks [n]*loop.Task[int]
		var promises [n]*future.Promise[int]
		var outer [n]*future.Future[[]int]
		for i := range n {
			promises[i] = future.New[int]()
			if i%2 == 0 {
				promises[i] = future.NewOn[int](l)
			}
			tasks[i] = loop.CreateTask(l.Context(), func(ctx context.Context) (int, error) { return promises[i].Future().Await(ctx) })
			outer[i] = future.Gather(tasks[i])
			wg.Go(func() { <-start; _ = promises[i].SetResult(i) })
			wg.Go(func() { // every wait ends, whatever comes first
				_, _ = tasks[i].Await(context.Background())
				_, _ = outer[i].Await(context.Background())
				_, _ = promises[i].Future().Await(context.Background())
			})
		}
		_, err := l.CallSoon(func() { close(start); l.Stop() })
		require.NoError(t, err)
		require.NoError(t, l.RunForever())
		require.NoError(t, l.Close())
		wg.Wait()
		require.Empty(t, loop.AllTasks(l))
	}
}

func TestTasksThatAreCreatedWhileTheLoopCloses(t *testing.T) {
	for range 30 {
		l := loop.New(loop.Config{ExceptionHandler: func(*loop.Loop, loop.ExceptionContext) {}})
		var ran, refused atomic.Int64
		var wg sync.WaitGroup
		start := make(chan none)
		const n = 8
		for range n {
			wg.Go(func() {
				<-start
				task := loop.CreateTask(l.Context(), func(context.Context) (none, error) {
					ran.Add(1)
					return none{}, nil
				})
				if _, err := task.Await(context.Background()); errors.Is(err, loop.ErrClosed) {
					refused.Add(1)
				}
			})
		}
		_, err := l.CallSoon(func() { close(start); l.Stop() })
		require.NoError(t, err)
		require.NoError(t, l.RunForever())
		require.NoError(t, l.Close())
		wg.Wait()
		require.GreaterOrEqual(t, ran.Load()+refused.Load(), int64(n), "each ran, or was refused, or both")
		require.Empty(t, loop.AllTasks(l))
	}
}

func TestCallbacksOfSettledFuturesRunEvenIfTheLoopCloses(t *testing.T) {
	l := newLoop(t)
	var heard []string
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec.Message) })
	p, q := future.NewOn[int](l), future.NewOn[int](l)
	var ran []string
	p.Future().OnDone(func() { ran = append(ran, "first") })
	p.Future().OnDone(func() { panic("one that panics") })
	p.Future().OnDone(func() { ran = append(ran, "second") })
	q.Future().OnDone(func() { ran = append(ran, "posted") })
	soon(t, l, func() {
		require.NoError(t, p.SetResult(1))
		soon(t, l, func() { t.Error("a plain callback is dropped") })
		l.Stop()
	})
	require.NoError(t, l.RunForever())
	require.NoError(t, q.SetResult(1))
	require.Empty(t, ran)
	require.NoError(t, l.Close())
	require.Equal(t, []string{"first", "second", "posted"}, ran)
	require.Len(t, heard, 1)
}

func TestUncancelFromAnotherGoroutine(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return 1, loop.Sleep(ctx, 0) })
		task.Cancel()
		_, err := loop.ToThread(ctx, func(context.Context) (int, error) { return task.Uncancel(), nil }).Await(ctx)
		require.NoError(t, err)
		_, _ = task.Await(ctx) // too late or in time, but without a data race
		require.Zero(t, task.Cancelling())
	})
}

func TestATaskThatWasNeverCreatedAnswersEverything(t *testing.T) {
	task := loop.CreateTask(t.Context(), func(context.Context) (int, error) { return 1, nil })
	require.ErrorIs(t, task.Err(), loop.ErrNoLoop)
	require.Zero(t, task.Cancelling())
	require.Zero(t, task.Uncancel())
	require.False(t, task.Cancel())
	require.NotEmpty(t, task.Name())
	task.SetName("name")
	require.Contains(t, task.String(), "name")
	_, err := task.Await(t.Context())
	require.ErrorIs(t, err, loop.ErrNoLoop)

	run(t, func(ctx context.Context) {
		nothing := loop.CreateTask[int](ctx, nil)
		require.Error(t, nothing.Err())
		require.Len(t, loop.AllTasks(here(t, ctx)), 1)
	})
}
