// Package loop is asyncio's event loop for Go: tasks that run one at a time on one
// goroutine, and that suspend where Python has an await.
//
// # Which call do I want?
//
//   - To run a program: [Run].
//   - To run several functions at once: [CreateTask], or [WithTaskGroup] so that
//     none of them outlives the block and none of their errors is lost.
//   - To wait: Await of a task or future; [Sleep]; what package future combines.
//   - To limit time: [Timeout] around a block, future.WaitFor around one future.
//   - To call what blocks: [ToThread], or [RunInExecutor] for a pool of your own.
//   - To come in from another goroutine: [RunCoroutineThreadsafe],
//     [Loop.CallSoonThreadsafe].
//   - To schedule callbacks: [Loop.CallSoon], [Loop.CallLater], [Loop.CallAt].
//
// A task is found through the context that its function got: pass that on to
// everything that waits, as usual in Go.
//
// # Guarantees
//
// Order:
//
//   - Exactly one task or callback of a loop runs at a time, and is never
//     interrupted between awaits: what only they use needs no lock.
//   - What is scheduled runs in the order in which it was scheduled, each once. One
//     iteration runs what was ready when it began; what that schedules waits for
//     the next, after timers and other goroutines were looked at.
//   - Timers with equal deadlines fire in the order in which they were made.
//   - A wait that is over makes its task ready like a call of CallSoon, so tasks
//     interleave as in asyncio.
//
// Cancellation:
//
//   - A request is an edge: one await returns the cancellation, once, and the
//     function may clean up with further awaits. It is also a level of the task's
//     context, for work that was handed elsewhere.
//   - A context that the user derived is a level for every await.
//   - A timeout and a task group stop their body in the same way, and take back
//     what they requested themselves, never what somebody else did: a cancellation
//     from outside passes through any number of them. Their body's context ends
//     with them; the task's own goes on.
//   - A cancellation is not lost to a result, a timeout or an error that comes at
//     the same moment.
//
// Ends:
//
//   - A task group returns when the last of its tasks has ended, and not before.
//   - Every task settles: by its result, its error, a cancellation, a panic or
//     runtime.Goexit as a [*future.PanicError], or with [ErrClosed].
//   - The loop holds its tasks: one that nobody refers to goes on.
//   - Closing a loop unwinds what is suspended; deferred functions run.
//   - Nothing that fails in a callback or in a task ends the loop.
//
// Everything works inside a testing/synctest bubble, where an hour of Sleep
// passes at once.
package loop
