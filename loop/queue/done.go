package queue

import "context"

// TaskDone says that the work on one item is done. A Join goes on when it was called
// for every item that was put. Each call stands for another item; one too many changes
// nothing and returns [ErrTaskDone]. It works after Shutdown as before. It never
// blocks; any task, goroutine or callback may call it. It stands for Queue.task_done.
func (q *Queue[T]) TaskDone() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.unfinished == 0 {
		return ErrTaskDone
	}
	q.unfinished--
	q.finished()
	return nil
}

func (q *Queue[T]) finished() {
	if q.unfinished == 0 {
		q.joiners.WakeAll()
	}
}

// Join waits until TaskDone was called for every item that was put: not just until the
// queue is empty. On a queue without unfinished items it returns at once. After
// Shutdown it waits for the items that are in work.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine. If the
// task is canceled meanwhile, or ctx ends, it returns that. In a bare callback it
// returns [ErrWouldBlock] instead of waiting. A Join that waits when the last item is
// done has waited with success, even if items are put before it runs.
//
// It stands for Queue.join.
func (q *Queue[T]) Join(ctx context.Context) error {
	if !q.busy() {
		return nil
	}
	return q.await(ctx, "Queue.Join", &q.joiners, func() bool { return q.unfinished > 0 })
}

func (q *Queue[T]) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unfinished > 0
}

// Shutdown closes the queue: puts are refused with [ErrShutdown] from now on, those
// that wait for room included, and gets hand out what is left and are refused then.
//
// With immediate, what is left is dropped, and counts as done: Join then waits only
// for the items that were taken out before. It may be called again, and with
// immediate after a call without. It never blocks; any task, goroutine or callback
// may call it. It stands for Queue.shutdown, whose default is not immediate.
func (q *Queue[T]) Shutdown(immediate bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shutdown = true
	if immediate {
		for q.items.len() > 0 {
			q.items.get()
			q.unfinished = max(0, q.unfinished-1)
		}
		q.finished()
	}
	q.getters.PopAll()
	q.putters.PopAll()
}
