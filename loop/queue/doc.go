// Package queue has asyncio's queues: [Queue], [PriorityQueue] and [LifoQueue].
//
// # Guarantees
//
// For tasks they behave as asyncio's do, turn of the loop by turn:
//
//   - Getters and putters that wait are woken in the order in which they came, one
//     for each item and each free place.
//   - What can be had at once is had without giving up the turn, also by a newcomer
//     while one that was woken for it has not run yet; that one then waits
//     again, behind the others.
//   - No item is lost. A task that is woken and canceled before it runs gets the
//     cancellation and passes the wake-up on; a put that was canceled has not put.
//   - Among items of equal priority the oldest comes first. Python leaves that open.
//   - After Shutdown every call that waits returns: with an item that is left, or
//     with [ErrShutdown]. Only Join may still wait, for items that are in work.
//   - A wait whose context is done fails with its cause, each time: after the
//     cancellation of the task, and when a context ends that the caller derived.
//     What succeeds at once does not look at the context.
//
// Beyond asyncio, one queue may be used by tasks of several loops and by plain
// goroutines at the same time; it belongs to no loop. It is the way to hand items
// from goroutines to tasks and back. All of them stand in one line. A task is
// suspended, a goroutine is blocked. In a bare callback, where waiting would block
// the loop, a call that would have to wait returns [ErrWouldBlock];
// PutNowait, GetNowait, TaskDone and Shutdown work there too. In the words of the Go
// memory model, a put is synchronized before the get that returns its item, and a
// TaskDone before the return of the Join that it lets through.
//
// A put or get that does not wait takes some 20 ns and allocates nothing but room
// for the items.
package queue
