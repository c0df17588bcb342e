package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

// This file is about what asyncio does not have: tasks of several loops and plain
// goroutines at one queue.

// everywhere runs fn in n tasks of each of two loops and in n goroutines.
func everywhere(wg *sync.WaitGroup, n int, fn func(ctx context.Context)) {
	for range n {
		wg.Go(func() { fn(context.Background()) })
	}
	for range 2 {
		wg.Go(func() {
			_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
				tasks := make([]*loop.Task[none], n)
				for i := range tasks {
					tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
						fn(ctx)
						return none{}, nil
					})
				}
				for _, task := range tasks {
					_, _ = task.Await(ctx)
				}
				return none{}, nil
			})
		})
	}
}

func TestEveryItemArrivesOnceWhoeverPutsAndGets(t *testing.T) {
	for _, maxsize := range []int{0, 1, 3} {
		t.Run(fmt.Sprintf("maxsize %d", maxsize), func(t *testing.T) {
			kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
				const putters, items = 2, 300
				q := make(maxsize)
				var mu sync.Mutex
				got, next := map[int]int{}, 0
				var putting, getting sync.WaitGroup
				everywhere(&getting, 2, func(ctx context.Context) {
					for item, err := range q.All(ctx) {
						if err != nil {
							return
						}
						mu.Lock()
						got[item]++
						mu.Unlock()
						_ = q.TaskDone()
					}
				})
				everywhere(&putting, putters, func(ctx context.Context) {
					for range items {
						mu.Lock()
						next++
						item := next
						mu.Unlock()
						if q.Put(ctx, item) != nil {
							return
						}
					}
				})
				putting.Wait()
				require.NoError(t, q.Join(t.Context()))
				q.Shutdown(false)
				getting.Wait()
				require.Len(t, got, 3*putters*items)
				for item, times := range got {
					require.Equal(t, 1, times, "item %d", item)
				}
				require.NotContains(t, q.String(), "tasks")
			})
		})
	}
}

func TestOneProducerAndOneConsumerKeepTheOrderAcrossGoroutines(t *testing.T) {
	const items = 2000
	q := queue.NewQueue[int](7)
	failed := make(chan error, 1)
	go func() {
		for i := range items {
			if err := q.Put(context.Background(), i); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	onLoop(t, func(s *scene) {
		for i := range items {
			require.Equal(t, i, get(s, q))
		}
	})
	require.NoError(t, <-failed)
}

// waits lists every call that can wait, on a queue where it has to.
func waits(*testing.T) looptest.Waits {
	return looptest.Waits{
		"Get": func(ctx context.Context) error {
			_, err := new(queue.Queue[int]).Get(ctx)
			return err
		},
		"Put": func(ctx context.Context) error {
			q := queue.NewQueue[int](1)
			return errors.Join(q.PutNowait(1), q.Put(ctx, 2))
		},
		"Join": func(ctx context.Context) error {
			q := new(queue.Queue[int])
			return errors.Join(q.PutNowait(1), q.Join(ctx))
		},
		"All": func(ctx context.Context) error {
			for _, err := range new(queue.Queue[int]).All(ctx) {
				return err
			}
			return nil
		},
	}
}

func TestEveryCallThatWaits(t *testing.T) { looptest.CheckWaits(t, waits) }

func TestWhatDoesNotWaitWorksInABareCallback(t *testing.T) {
	require.ErrorIs(t, queue.ErrWouldBlock, loop.ErrWouldBlock, "what the others return there")
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		s.Soon(func() { put(t, &q, 1) })
		require.Equal(t, 1, get(s, &q))
	})
}

func TestATaskWhoseLoopClosesPassesOnWhatItWasWokenFor(t *testing.T) {
	t.Run("getter", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var q queue.Queue[int]
			doom := looptest.Doomed(t, func(ctx context.Context) error {
				_, err := q.Get(ctx)
				return err
			})
			got := make(chan int, 1)
			go func() {
				item, _ := q.Get(context.Background())
				got <- item
			}()
			synctest.Wait()
			put(t, &q, 7) // wakes the task, whose loop does not run
			doom()
			require.Equal(t, 7, <-got)
		})
	})
	t.Run("putter", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			q := queue.NewQueue[int](1)
			put(t, q, 0)
			doom := looptest.Doomed(t, func(ctx context.Context) error { return q.Put(ctx, 1) })
			done := make(chan error, 1)
			go func() { done <- q.Put(context.Background(), 2) }()
			synctest.Wait()
			_, err := q.GetNowait()
			require.NoError(t, err)
			doom()
			require.NoError(t, <-done)
			require.Contains(t, q.String(), "[2]")
		})
	})
	t.Run("joiner", func(t *testing.T) {
		var q queue.Queue[int]
		put(t, &q, 1)
		looptest.Doomed(t, q.Join)()
		require.NoError(t, q.TaskDone())
		require.NoError(t, q.Join(t.Context()))
	})
}

func TestACompareThatPanicsLeavesTheQueueUsable(t *testing.T) {
	boom := true
	pq := queue.NewPriorityQueueFunc(0, func(a, b int) int {
		if boom {
			panic("boom")
		}
		return a - b
	})
	put(t, &pq.Queue, 2)
	require.Panics(t, func() { _ = pq.PutNowait(1) })
	require.Equal(t, 1, pq.Qsize(), "the item is not in the queue")
	boom = false
	put(t, &pq.Queue, 1)
	item, err := pq.GetNowait()
	require.NoError(t, err)
	require.Equal(t, 1, item)
}

func TestWhatDoesNotWaitDoesNotAllocate(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		q, ctx := make(0), t.Context()
		require.Zero(t, testing.AllocsPerRun(100, func() {
			_ = q.Put(ctx, 1)
			_, _ = q.Get(ctx)
		}))
	})
}
