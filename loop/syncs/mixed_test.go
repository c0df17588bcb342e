package syncs_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// This file is about what asyncio does not have: tasks of several loops and plain
// goroutines at one primitive.

// everywhere runs fn in n tasks of each of two loops and in n goroutines, and waits
// for all of them.
func everywhere(t *testing.T, n int, fn func(ctx context.Context) error) {
	t.Helper()
	var wg sync.WaitGroup
	failed := make(chan error, 3*n+2)
	for range n {
		wg.Go(func() { failed <- fn(context.Background()) })
	}
	for range 2 {
		wg.Go(func() {
			_, err := loop.Run(context.Background(), func(ctx context.Context) (none, error) {
				tasks := make([]*loop.Task[none], n)
				for i := range tasks {
					tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return none{}, fn(ctx) })
				}
				for _, task := range tasks {
					_, err := task.Await(ctx)
					failed <- err
				}
				return none{}, nil
			})
			failed <- err
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
}

func TestLockServesTasksOfTwoLoopsAndGoroutines(t *testing.T) {
	const rounds = 200
	var lock syncs.Lock
	count := 0 // the race detector watches over it
	everywhere(t, 5, func(ctx context.Context) error {
		for range rounds {
			err := lock.With(ctx, func() error {
				count++
				return loop.Sleep(ctx, 0)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, 15*rounds, count)
	require.Equal(t, "<Lock [unlocked]>", lock.String())
}

func TestSemaphoreServesTasksOfTwoLoopsAndGoroutines(t *testing.T) {
	const rounds = 200
	sem := syncs.NewBoundedSemaphore(3)
	var mu sync.Mutex
	inside, most := 0, 0
	everywhere(t, 5, func(ctx context.Context) error {
		for range rounds {
			err := sem.With(ctx, func() error {
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				err := loop.Sleep(ctx, 0)
				mu.Lock()
				inside--
				mu.Unlock()
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	require.LessOrEqual(t, most, 3)
	require.Equal(t, "<BoundedSemaphore [unlocked, value:3]>", sem.String())
}

func TestEventServesTasksOfTwoLoopsAndGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var event syncs.Event
		go func() {
			synctest.Wait() // until all wait
			event.Set()
		}()
		everywhere(t, 5, event.Wait)
	})
}

func TestConditionServesTasksOfTwoLoops(t *testing.T) {
	// asyncio refuses the second loop. Here the two take turns.
	const rounds = 100
	var cond syncs.Condition
	turn := 0
	play := func(ctx context.Context, me int) error {
		for range rounds {
			err := cond.With(ctx, func() error {
				if err := cond.WaitFor(ctx, func() bool { return turn%2 == me }); err != nil {
					return err
				}
				turn++
				return cond.NotifyAll()
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	var wg sync.WaitGroup
	failed := make(chan error, 2)
	for me := range 2 {
		wg.Go(func() {
			_, err := loop.Run(context.Background(), func(ctx context.Context) (none, error) { return none{}, play(ctx, me) })
			failed <- err
		})
	}
	wg.Wait()
	require.NoError(t, <-failed)
	require.NoError(t, <-failed)
	require.Equal(t, 2*rounds, turn)
}

func TestBarrierServesTasksOfTwoLoopsAndGoroutines(t *testing.T) {
	const rounds = 50
	b := barrier(t, 6)
	var mu sync.Mutex
	seen := map[[2]int]int{}
	everywhere(t, 2, func(ctx context.Context) error {
		for round := range rounds {
			i, err := b.Wait(ctx)
			if err != nil {
				return err
			}
			mu.Lock()
			seen[[2]int{round, i}]++
			mu.Unlock()
		}
		return nil
	})
	require.Len(t, seen, 6*rounds)
	for at, times := range seen {
		require.Equal(t, 1, times, "round and number %v", at)
	}
	requireWhole(t, b)
}

func TestTasksAndGoroutinesStandInOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lock syncs.Lock
		require.NoError(t, lock.Acquire(t.Context()))
		got := make(chan int, 6)
		take := func(ctx context.Context, i int) error {
			err := lock.Acquire(ctx)
			got <- i
			return err
		}
		onLoop(t, func(s *scene) {
			var tasks []*loop.Task[none]
			for i := range 6 {
				if i%2 == 0 {
					go func() { _ = take(context.Background(), i) }()
				} else {
					tasks = append(tasks, s.Spawn(func(ctx context.Context) error { return take(ctx, i) }))
				}
				s.OK(loop.Sleep(s.Ctx, time.Second)) // until it stands in the line
			}
			require.Equal(t, "<Lock [locked, waiters:6]>", lock.String())
			for i := range 6 {
				s.OK(lock.Release())
				s.OK(loop.Sleep(s.Ctx, time.Second))
				require.Equal(t, i, <-got)
			}
			s.Join(tasks...)
		})
	})
}

// waits lists every call that can wait, on something that is not to be had.
func waits(t *testing.T) looptest.Waits {
	t.Helper()
	lock := new(syncs.Lock)
	require.True(t, lock.TryAcquire())
	sem := semaphore(t, 0)
	bounded := syncs.NewBoundedSemaphore(0)
	cond := new(syncs.Condition)
	require.True(t, cond.TryAcquire())
	return looptest.Waits{
		"Lock.Acquire":             lock.Acquire,
		"Lock.With":                func(ctx context.Context) error { return lock.With(ctx, func() error { panic("held") }) },
		"Event.Wait":               new(syncs.Event).Wait,
		"Semaphore.Acquire":        sem.Acquire,
		"BoundedSemaphore.Acquire": bounded.Acquire,
		"Condition.Wait":           cond.Wait,
		"Barrier.Wait": func(ctx context.Context) error {
			return pass(ctx, barrier(t, 2))
		},
	}
}

func TestEveryCallThatWaits(t *testing.T) { looptest.CheckWaits(t, waits) }

func TestWhatDoesNotWaitWorksInABareCallback(t *testing.T) {
	require.ErrorIs(t, syncs.ErrWouldBlock, loop.ErrWouldBlock, "what the others return there")
	onLoop(t, func(s *scene) {
		var event syncs.Event
		s.Soon(event.Set)
		s.OK(event.Wait(s.Ctx))
	})
}

func TestATaskTellsWhatItWaitsFor(t *testing.T) {
	for name, wait := range waits(t) {
		t.Run(name, func(t *testing.T) {
			onLoop(t, func(s *scene) {
				task := s.Spawn(wait)
				s.Turn()
				want := map[string]string{
					"Lock.With":                "Lock.Acquire",
					"BoundedSemaphore.Acquire": "Semaphore.Acquire",
					"Barrier.Wait":             "Condition.Wait",
				}[name]
				if want == "" {
					want = name
				}
				require.Contains(t, task.String(), "wait_for=<"+want+">")
				task.Cancel()
				require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
			})
		})
	}
}

func TestAGoroutineThatATaskStartedBlocksItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			var lock syncs.Lock
			s.OK(lock.Acquire(s.Ctx))
			got := make(chan error, 1)
			go func() { got <- lock.Acquire(s.Ctx) }() // the task's context, another goroutine
			s.OK(loop.Sleep(s.Ctx, time.Second))
			require.Equal(t, "<Lock [locked, waiters:1]>", lock.String())
			s.OK(lock.Release())
			s.OK(<-got)
		})
	})
}

func TestATaskThatWasWokenWhenItsLoopClosesPassesItOn(t *testing.T) {
	for name, l := range map[string]acquirer{"Lock": new(syncs.Lock), "Semaphore": semaphore(t, 1)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.True(t, l.TryAcquire())
				doom := looptest.Doomed(t, l.Acquire)
				got := make(chan error, 1)
				go func() { got <- l.Acquire(context.Background()) }()
				synctest.Wait()
				require.Contains(t, l.String(), "waiters:2")
				require.NoError(t, l.Release()) // wakes the task, whose loop does not run
				synctest.Wait()
				require.Contains(t, l.String(), "waiters:2")
				doom()
				require.NoError(t, <-got)
				require.NotContains(t, l.String(), "waiters")
			})
		})
	}
}

func TestATaskThatIsUnwoundFromAConditionDoesNotReleaseTheLockOfAnother(t *testing.T) {
	for name, notify := range map[string]bool{"waiting": false, "notified": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cond syncs.Condition
				doom := looptest.Doomed(t, func(ctx context.Context) error {
					return cond.With(ctx, func() error { return cond.Wait(ctx) })
				})
				got := make(chan error, 1)
				go func() {
					got <- cond.With(context.Background(), func() error { return cond.Wait(context.Background()) })
				}()
				synctest.Wait()
				require.Equal(t, "<Condition [unlocked, waiters:2]>", cond.String())
				require.NoError(t, cond.Acquire(t.Context()))
				if notify {
					require.NoError(t, cond.Notify(1))
				}
				doom()
				require.True(t, cond.Locked(), "it is the test's")
				require.NoError(t, cond.Release())
				if !notify {
					require.NoError(t, cond.With(t.Context(), cond.NotifyAll))
				}
				require.NoError(t, <-got)
				require.Equal(t, "<Condition [unlocked]>", cond.String())
			})
		})
	}
}

func TestABarrierLosesAPartyWhoseLoopCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := barrier(t, 2)
		doom := looptest.Doomed(t, func(ctx context.Context) error { return pass(ctx, b) })
		require.Equal(t, 1, b.NWaiting())
		doom()
		require.Equal(t, 0, b.NWaiting())
		everywhere(t, 2, func(ctx context.Context) error { return pass(ctx, b) })
		requireWhole(t, b)
	})
}

func TestWhatDoesNotWaitDoesNotAllocate(t *testing.T) {
	ctx := t.Context()
	var lock syncs.Lock
	var event syncs.Event
	event.Set()
	sem := semaphore(t, 1)
	for name, fn := range map[string]func(){
		"Lock":      func() { _, _ = lock.Acquire(ctx), lock.Release() },
		"Semaphore": func() { _, _ = sem.Acquire(ctx), sem.Release() },
		"Event":     func() { _ = event.Wait(ctx) },
	} {
		require.Zero(t, testing.AllocsPerRun(100, fn), name)
	}
}
