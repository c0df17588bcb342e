package queue

import (
	"context"
	"errors"
	"iter"
)

// Get takes the next item out of the queue; each call takes another one. While the
// queue is empty it waits for one.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine; if
// there is an item it does neither, and does not look at ctx. If the task is canceled
// while it waits, or ctx ends, Get returns that, and no item is lost: one that it was
// about to take goes to the next. After Shutdown it hands out what is left, and then
// returns [ErrShutdown]. In a bare callback it returns [ErrWouldBlock] instead of
// waiting.
//
// It stands for Queue.get.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	for {
		item, err := q.GetNowait()
		if err != ErrEmpty { //nolint:errorlint // GetNowait returns it as it is, and this is the hot path
			return item, err
		}
		if err := q.await(ctx, "Queue.Get", &q.getters, q.mustGetWait); err != nil {
			return item, err
		}
	}
}

// GetNowait takes the next item out of the queue without waiting; each call takes
// another one. If there is none it returns [ErrEmpty], after Shutdown [ErrShutdown].
// Any task, goroutine or callback may call it. It stands for Queue.get_nowait.
func (q *Queue[T]) GetNowait() (T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.items.len() == 0 {
		var zero T
		if q.shutdown {
			return zero, ErrShutdown
		}
		return zero, ErrEmpty
	}
	item := q.items.get()
	q.putters.PopNext()
	return item, nil
}

func (q *Queue[T]) mustGetWait() bool { return q.items.len() == 0 && !q.shutdown }

// All returns an iterator that gets items until the queue is shut down and empty. If a
// get fails otherwise it yields that error, with no item, and ends: ctx's error, or
// [ErrWouldBlock] where a bare callback would have to wait. After Shutdown it yields
// what is left.
//
//	for job, err := range q.All(ctx) {
//		if err != nil {
//			return err
//		}
//		work(job)
//		q.TaskDone()
//	}
//
// Any number of tasks and goroutines may iterate at once; each item goes to one of
// them. It stands for the loop around Queue.get that ends with QueueShutDown.
func (q *Queue[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			item, err := q.Get(ctx)
			if errors.Is(err, ErrShutdown) || !yield(item, err) || err != nil {
				return
			}
		}
	}
}
