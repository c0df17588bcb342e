package queue

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/waitlist"
)

// Put puts an item into the queue; each call puts another one. While the queue is full
// it waits for room.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine; if
// there is room it does neither, and does not look at ctx. If the task is canceled
// while it waits, or ctx ends, Put returns that, the item is not in the queue, and
// room that it was about to take goes to the next. After Shutdown, also one that comes
// while it waits, it returns [ErrShutdown]. In a bare callback it returns
// [ErrWouldBlock] instead of waiting.
//
// It stands for Queue.put.
func (q *Queue[T]) Put(ctx context.Context, item T) error {
	for {
		err := q.PutNowait(item)
		if err != ErrFull { //nolint:errorlint // PutNowait returns it as it is, and this is the hot path
			return err
		}
		if err := q.await(ctx, "Queue.Put", &q.putters, q.mustPutWait); err != nil {
			return err
		}
	}
}

// PutNowait puts an item into the queue without waiting; each call puts another one.
// If there is no room it returns [ErrFull], after Shutdown [ErrShutdown]. Any task,
// goroutine or callback may call it. It stands for Queue.put_nowait.
func (q *Queue[T]) PutNowait(item T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shutdown {
		return ErrShutdown
	}
	if q.fullLocked() {
		return ErrFull
	}
	q.items.put(item)
	q.unfinished++
	q.getters.PopNext()
	return nil
}

func (q *Queue[T]) mustPutWait() bool { return q.fullLocked() && !q.shutdown }

// await makes the caller wait in list, if it must still wait. Once woken, it has
// to try again: what it was woken for may be gone.
func (q *Queue[T]) await(ctx context.Context, what string, list *waitlist.List, must func() bool) error {
	w, err := waitlist.New(ctx, &q.mu, what)
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if !must() {
		w.Drop()
		return nil
	}
	w.Join(list)
	return w.Wait(ctx, (*waits[T])(q))
}

// waits keeps GaveUp out of the methods of queues.
type waits[T any] Queue[T]

// GaveUp passes on what the waiter was woken for and cannot take.
func (w *waits[T]) GaveUp(list *waitlist.List, wasWoken bool) {
	q := (*Queue[T])(w)
	if !wasWoken {
		return
	}
	switch list {
	case &q.getters:
		if q.items.len() > 0 {
			q.getters.PopNext()
		}
	case &q.putters:
		if !q.fullLocked() {
			q.putters.PopNext()
		}
	}
}
