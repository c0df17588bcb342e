// Package syncs has asyncio's synchronisation primitives: [Lock], [Event],
// [Condition], [Semaphore], [BoundedSemaphore] and [Barrier].
//
// # Which one do I want?
//
//   - One at a time: [Lock].
//   - At most n at a time: [Semaphore], or [BoundedSemaphore] to catch a release too many.
//   - "It has happened": [Event].
//   - "Look again, it changed": [Condition].
//   - "None before all are there": [Barrier].
//
// Code that runs on one loop only, and does not await in between, needs none of
// them: tasks are never interrupted.
//
// # Guarantees
//
// For tasks they behave as asyncio's do, turn of the loop by turn:
//
//   - Waiters are served in the order in which they came, and no newcomer
//     overtakes them, not even one that finds the primitive free because the
//     waiter that was woken has not run yet.
//   - What can be had at once is had without giving up the turn.
//   - A task that is woken and canceled before it runs gets the cancellation, and
//     passes the wake-up on. So does a task whose loop closes. No wake-up is lost.
//   - A wait whose context is done fails with its cause, each time: after the
//     cancellation of the task, and when a context ends that the caller derived.
//     A wait that succeeds at once does not look at the context.
//
// Beyond asyncio, the same value may be used by tasks of several loops and by plain
// goroutines at the same time; it belongs to no loop. All of them stand in one
// queue. A task is suspended, a goroutine is blocked. In a bare callback, where
// waiting would block the loop, a call that would have to wait returns
// [ErrWouldBlock]; calls that never wait, such as Set, Release and TryAcquire, work
// there too. In the words of the Go memory model, a Release, Set or Notify is
// synchronized before the return of the call that it lets through. A goroutine that was
// woken at the moment when its context ended has succeeded.
//
// What does not wait does not allocate, and costs about as much as a [sync.Mutex].
// For goroutines alone, package sync and golang.org/x/sync/semaphore are faster
// when there is much contention: they let newcomers overtake.
package syncs
