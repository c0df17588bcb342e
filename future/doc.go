// Package future holds results that are not there yet, for tasks and goroutines
// alike.
//
// # Which type do I want?
//
//   - To wait for something, or to cancel it: [Future], the read end.
//   - To produce something: [Promise], the write end; [New] and [NewOn] make one.
//   - A result that is there already: [Resolved], [Failed].
//   - To wait for several: [Gather] for all results, [Wait] for some of them,
//     [AsCompleted] for one after the other; [Gather2] for different types.
//   - To wait no longer than that: [WaitFor]. To wait without canceling: [Shield].
//   - To write a function that takes tasks and futures: [Awaitable] of one type,
//     [Waitable] of whatever type.
//
// A future is free, or it belongs to a loop. A free one stands for
// concurrent.futures.Future: its callbacks run in the goroutine that settles it. One
// that belongs to a loop stands for asyncio.Future: its callbacks run on that loop.
// Everything else is the same for both.
//
// # States
//
//	        SetRunning           SetResult, SetError
//	pending ─────────► running ──────────────────► finished
//	   │                  │            ▲
//	   ├──────────────────┼────────────┘
//	   │ Cancel,          │ SetCanceled
//	   └──────────────────┴──────────────────────► canceled
//
// A future is settled when it is finished or canceled, and never changes after
// that. Cancel settles a pending future; what it does to a running one is up to
// what produces the outcome, see [Canceler].
//
// # Guarantees
//
//   - The first outcome counts; a later one is refused.
//   - Of SetRunning and Cancel that race for a pending future exactly one succeeds.
//   - Every method is safe from any goroutine.
//   - Any number of tasks and goroutines may await one future, repeatedly; one that
//     gives up disturbs no other.
//   - Await suspends a task, blocks any other goroutine, and refuses with
//     [ErrWouldBlock] in a bare callback on a loop. Whose goroutine calls decides,
//     not the context: a goroutine that was started by a task and holds its context
//     blocks itself.
//   - Await of a settled future returns at once, in a task without a turn for
//     others, even if the context has ended.
//   - Callbacks run in the order in which they were added, each once. Those of a
//     loop's future never run inline. One that panics, or ends its goroutine, does
//     not keep the others from running.
//   - If the loop of a future is closed the future settles all the same, with
//     [ErrClosed], and its callbacks run in the goroutine that settled it.
//   - errors.Is(err, context.Canceled) holds for every cancellation, and
//     errors.Is(err, [ErrTimeout]) for every limit that was reached; never both.
//   - [Wait], [AsCompleted] and a plain goroutine that gives up cancel nothing. A
//     canceled task that awaits a [Gather] or a [WaitFor] cancels what that stands
//     for, unless there is a [Shield] between.
//   - A cancellation of a task is never lost to a result that comes at the same
//     moment.
//   - Limits of a task's waits are timers of its loop, in one order with all others.
//   - The error of a loop's future that was never looked at is reported to the loop's
//     exception handler: once the future is out of reach, and at the latest when
//     the loop closes. A result and a cancellation are never reported.
//
// # For those who write loops and executors
//
// [Poster], [Canceler] with its [Answer], and [Promise.Init] are how a loop is the home
// of futures, and how what produces an outcome hears of a request to cancel it.
// Programs need none of them.
//
// # Memory model
//
// What a goroutine did before it settled a future happens before the return of the
// Await and Result that see the outcome, before the close of Done, and before the
// callbacks. In the terms of the Go memory model settling is a release and looking
// at the outcome an acquire.
//
// # Cost
//
// A promise is one allocation; the channel of Done is made only when it is asked
// for. Making, settling and awaiting takes about as long as the same with a
// buffered channel: see BenchmarkSettleAndAwait.
package future
