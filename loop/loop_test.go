package loop_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestCallSoonIsFIFOAcrossIterations(t *testing.T) {
	l := newLoop(t)
	var order []string
	note := func(s string) func() { return func() { order = append(order, s) } }
	soon(t, l, note("a"))
	soon(t, l, func() {
		order = append(order, "b")
		soon(t, l, note("next iteration"))
		soon(t, l, l.Stop)
	})
	soon(t, l, note("c"))
	require.Empty(t, order)
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"a", "b", "c", "next iteration"}, order)
}

func TestStopFinishesTheIterationOnly(t *testing.T) {
	l := newLoop(t)
	var order []string
	soon(t, l, func() {
		l.Stop()
		soon(t, l, func() { order = append(order, "next run") })
	})
	soon(t, l, func() { order = append(order, "same iteration") })
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"same iteration"}, order)
	l.Stop()
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"same iteration", "next run"}, order)
}

func TestStopFromAnotherGoroutineWakesTheLoop(t *testing.T) {
	l := newLoop(t)
	var wg sync.WaitGroup
	soon(t, l, func() { wg.Go(l.Stop) })
	require.NoError(t, l.RunForever())
	wg.Wait()
}

func TestCanceledHandleDoesNotRun(t *testing.T) {
	t.Run("before the loop runs", func(t *testing.T) {
		l := newLoop(t)
		h := soon(t, l, func() { t.Error("ran") })
		h.Cancel()
		h.Cancel()
		require.True(t, h.Canceled())
		soon(t, l, l.Stop)
		require.NoError(t, l.RunForever())
	})
	t.Run("by an earlier callback of the same iteration", func(t *testing.T) {
		l := newLoop(t)
		soon(t, l, func() {
			h := soon(t, l, func() { t.Error("ran") })
			soon(t, l, l.Stop)
			h.Cancel()
		})
		require.NoError(t, l.RunForever())
	})
	t.Run("between two runs", func(t *testing.T) {
		l := newLoop(t)
		var h *loop.Handle
		soon(t, l, func() {
			l.Stop()
			h = soon(t, l, func() { t.Error("ran") })
		})
		require.NoError(t, l.RunForever())
		h.Cancel()
		l.Stop()
		require.NoError(t, l.RunForever())
	})
	t.Run("by the goroutine that posted it, while another callback runs", func(t *testing.T) {
		l := newLoop(t)
		soon(t, l, func() {
			canceled, done := false, make(chan none)
			go func() {
				defer close(done)
				first, _ := l.CallSoonThreadsafe(func() { t.Error("ran") })
				kept, _ := l.CallSoonThreadsafe(l.Stop)
				last, _ := l.CallSoonThreadsafe(func() { t.Error("ran") })
				first.Cancel()
				last.Cancel()
				canceled = first.Canceled() && last.Canceled() && !kept.Canceled()
			}()
			<-done
			require.True(t, canceled)
		})
		require.NoError(t, l.RunForever())
	})
	t.Run("late, and it takes nobody else's place", func(t *testing.T) {
		l := newLoop(t)
		ran := 0
		soon(t, l, func() {
			h := soon(t, l, func() { ran++ })
			soon(t, l, func() {
				h.Cancel()
				soon(t, l, func() { ran++ })
				soon(t, l, l.Stop)
			})
		})
		require.NoError(t, l.RunForever())
		require.Equal(t, 2, ran)
	})
}

func TestAPostThatWasCanceledAsTheLoopFellAsleepTakesNoOtherAlong(t *testing.T) {
	// With one processor the goroutine runs when the loop gives way, just before it sleeps.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, inTask := range []bool{false, true} {
		l := newLoop(t)
		done := future.NewOn[none](l)
		if inTask { // which does the loop's work in its place
			loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) { return done.Future().Await(ctx) })
		}
		soon(t, l, func() {
			go func() {
				h, _ := l.CallSoonThreadsafe(func() { t.Error("ran") })
				_, _ = l.CallSoonThreadsafe(func() { _ = done.SetResult(none{}) })
				h.Cancel()
			}()
		})
		lost := time.AfterFunc(5*time.Second, l.Stop)
		require.NoError(t, l.RunUntilComplete(done.Future()))
		lost.Stop()
	}
}

func TestPostsRunWhateverIsCanceledBesideThem(t *testing.T) {
	l := newLoop(t)
	const posters, each = 4, 1000
	ran, left := 0, posters
	var wg sync.WaitGroup
	for range posters {
		wg.Go(func() {
			for range each {
				h, _ := l.CallSoonThreadsafe(func() {})
				done := make(chan none)
				_, _ = l.CallSoonThreadsafe(func() { ran++; close(done) })
				h.Cancel()
				<-done // so that the loop sleeps again and again
			}
			_, _ = l.CallSoonThreadsafe(func() {
				if left--; left == 0 {
					l.Stop()
				}
			})
		})
	}
	require.NoError(t, l.RunForever())
	wg.Wait()
	require.Equal(t, posters*each, ran)
}

func TestThreadsafeCallsKeepTheOrderOfEachPoster(t *testing.T) {
	l := newLoop(t)
	const posters, each = 4, 1000
	var got [posters][]int
	left := posters * each
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				_, err := l.CallSoonThreadsafe(func() {
					got[p] = append(got[p], i)
					if left--; left == 0 {
						l.Stop()
					}
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	require.NoError(t, l.RunForever())
	wg.Wait()
	for p := range posters {
		require.Len(t, got[p], each)
		for i, v := range got[p] {
			require.Equal(t, i, v)
		}
	}
}

func TestAPostThatHappenedBeforeACallSoonRunsBeforeIt(t *testing.T) {
	l := newLoop(t)
	var order []string
	soon(t, l, func() {
		posted := make(chan struct{})
		go func() {
			_, err := l.CallSoonThreadsafe(func() { order = append(order, "posted") })
			if err != nil {
				t.Error(err)
			}
			close(posted)
		}()
		<-posted
		soon(t, l, func() { order = append(order, "called"); l.Stop() })
	})
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"posted", "called"}, order)
}

func TestCallSoonFromAForeignGoroutineIsRoutedSafely(t *testing.T) {
	l := newLoop(t)
	n := 0 // -race sees it if two goroutines ran callbacks
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				if _, err := l.CallSoon(func() {
					if n++; n == 2000 {
						l.Stop()
					}
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	require.NoError(t, l.RunForever())
	wg.Wait()
	require.Equal(t, 2000, n)
}

func TestGoexitInACallbackEndsTheGoroutineAndLeavesTheLoopUsable(t *testing.T) {
	l := newLoop(t)
	soon(t, l, runtime.Goexit)
	runsUntilGoexit(t, l)
	ran := false
	soon(t, l, func() { ran = true; l.Stop() })
	require.NoError(t, l.RunForever())
	require.True(t, ran)
}

func TestARunningLoopRefusesToRunAndToClose(t *testing.T) {
	outer, inner := newLoop(t), newLoop(t)
	soon(t, outer, func() {
		require.True(t, outer.IsRunning())
		require.ErrorIs(t, outer.RunForever(), loop.ErrRunning)
		require.ErrorIs(t, outer.RunUntilComplete(pending(outer)), loop.ErrRunning)
		require.ErrorIs(t, inner.RunForever(), loop.ErrRunning)
		require.ErrorIs(t, outer.Close(), loop.ErrRunning)
		require.NoError(t, inner.Close())
		outer.Stop()
	})
	require.NoError(t, outer.RunForever())
	require.False(t, outer.IsRunning())
	require.False(t, outer.IsClosed())
	require.True(t, inner.IsClosed())
}

func TestAClosedLoopRefusesEverythingAtTheCall(t *testing.T) {
	l := newLoop(t)
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	require.True(t, l.IsClosed())
	_, err := l.CallSoon(func() {})
	require.ErrorIs(t, err, loop.ErrClosed)
	_, err = l.CallSoonThreadsafe(func() {})
	require.ErrorIs(t, err, loop.ErrClosed)
	_, err = l.CallLater(time.Second, func() {})
	require.ErrorIs(t, err, loop.ErrClosed)
	_, err = l.CallAt(l.Time(), func() {})
	require.ErrorIs(t, err, loop.ErrClosed)
	require.ErrorIs(t, l.RunForever(), loop.ErrClosed)
	require.ErrorIs(t, l.RunUntilComplete(future.Resolved(1)), loop.ErrClosed)
	require.ErrorIs(t, l.Post(func() {}), loop.ErrClosed)
}

func TestNilCallbacksAreRefused(t *testing.T) {
	l := newLoop(t)
	_, err := l.CallSoon(nil)
	require.Error(t, err)
	_, err = l.CallLater(0, nil)
	require.Error(t, err)
	_, err = l.CallAt(l.Time(), nil)
	require.Error(t, err)
}

func TestRunUntilComplete(t *testing.T) {
	t.Run("returns the future's error", func(t *testing.T) {
		l := newLoop(t)
		p := future.NewOn[int](l)
		boom := errors.New("boom")
		soon(t, l, func() { _ = p.SetError(boom) })
		require.ErrorIs(t, l.RunUntilComplete(p.Future()), boom)
	})
	t.Run("a stop before the end is an error, and it can go on", func(t *testing.T) {
		l := newLoop(t)
		p := future.NewOn[int](l)
		soon(t, l, l.Stop)
		require.ErrorIs(t, l.RunUntilComplete(p.Future()), loop.ErrStopped)
		soon(t, l, func() { _ = p.SetResult(1) })
		require.NoError(t, l.RunUntilComplete(p.Future()))
	})
	t.Run("a future of another loop is refused", func(t *testing.T) {
		l, other := newLoop(t), newLoop(t)
		require.ErrorIs(t, l.RunUntilComplete(pending(other)), future.ErrForeignLoop)
	})
	t.Run("a free future settled elsewhere ends it", func(t *testing.T) {
		l := newLoop(t)
		p := future.New[int]()
		soon(t, l, func() { go func() { _ = p.SetResult(3) }() })
		require.NoError(t, l.RunUntilComplete(p.Future()))
	})
}

func TestTheRunningLoop(t *testing.T) {
	l := newLoop(t)
	_, err := loop.FromContext(t.Context())
	require.ErrorIs(t, err, loop.ErrNoLoop, "outside")
	soon(t, l, func() {
		got, err := loop.FromContext(context.Background())
		require.NoError(t, err)
		require.Same(t, l, got, "in a callback")
	})
	require.NoError(t, l.RunUntilComplete(loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
		require.Same(t, l, here(t, ctx))
		got, err := loop.FromContext(context.Background())
		require.Same(t, l, got, "in a task, whatever the context")
		return none{}, err
	})))
	_, err = loop.FromContext(t.Context())
	require.ErrorIs(t, err, loop.ErrNoLoop, "afterwards")
}

func TestStopBeforeTheRunMeansOneIteration(t *testing.T) {
	l := newLoop(t)
	var order []string
	soon(t, l, func() {
		order = append(order, "ready")
		soon(t, l, func() { order = append(order, "next") })
	})
	l.Stop()
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"ready"}, order)
	l.Stop()
	require.NoError(t, l.RunForever())
	require.Equal(t, []string{"ready", "next"}, order)
	l.Stop()
	require.NoError(t, l.RunForever(), "with nothing to do it does not wait")
}

func TestAFailureOfRunLeavesNoDoneCallbackBehind(t *testing.T) {
	l := newLoop(t)
	f := pending(l)
	soon(t, l, l.Stop)
	require.ErrorIs(t, l.RunUntilComplete(f), loop.ErrStopped)
	f.Cancel() // would stop the next run if the callback were still there
	ran := false
	soon(t, l, func() { soon(t, l, func() { ran = true; l.Stop() }) })
	require.NoError(t, l.RunForever())
	require.True(t, ran)
}
