// Package loop is an event loop in the manner of asyncio: callbacks, timers and
// tasks that run one at a time, in an order that can be relied upon.
//
// # Which function do I want?
//
//   - To run a program: [Main], [Run], [RunMain]; several times on one loop: [Runner].
//   - To do several things at once on the loop: [CreateTask], [Spawn] without a result,
//     [Each] for a slice, and [WithTaskGroup] for tasks that belong together.
//     [future.Gather], [future.Wait] and [future.WaitAll] combine them.
//   - For what asyncio.Queue, PriorityQueue and LifoQueue do:
//     [github.com/seed-1b9fde7b/asyncgo/loop/queue].
//   - For asyncio.Lock, Event, Condition, Semaphore and Barrier:
//     [github.com/seed-1b9fde7b/asyncgo/loop/syncs].
//   - For asyncio's streams: [github.com/seed-1b9fde7b/asyncgo/loop/stream]; for its
//     subprocesses: [github.com/seed-1b9fde7b/asyncgo/loop/subprocess].
//   - To wait: [Sleep], and the Await of whatever is awaited. To limit a wait:
//     [Timeout]. To go on after a cancellation: [Resume].
//   - To call something that blocks: [ToThread], and [RunInExecutor] for a pool of
//     one's own or of processes.
//   - To get at a loop from another goroutine: [RunCoroutineThreadsafe],
//     [Loop.CallSoonThreadsafe], [WrapFuture].
//   - To schedule a bare callback: [Loop.CallSoon], [Loop.CallLater], [Loop.CallAt].
//   - To react to a signal: [OnSignal].
//   - To run the loop inside another main loop: [Loop.RunOnce].
//   - To see what is going on: [Loop.SetDebug], [Loop.Dump], [CaptureCallGraph], and
//     [github.com/seed-1b9fde7b/asyncgo/loop/debugz] for a running program.
//
// # Where am I?
//
// Whatever waits works in a task, where it suspends the task and the loop goes on, and
// in any other goroutine, which it blocks. In a bare callback it would block the loop,
// which could not end the wait: there it returns [ErrWouldBlock] at once. The goroutine
// decides, not the context: one that a task started, and gave its context to, blocks
// itself.
//
// # What runs where
//
//	 the goroutine that called Run          goroutines of executors, and any other
//	┌──────────────────────────────┐        ┌───────────────────────────────┐
//	│  loop                        │        │                               │
//	│   ├─ callback                │ submit │  fn(ctx)   may block          │
//	│   ├─ switch ⇄ task's body    ├───────►│                               │
//	│   ├─ callback                │◄───────┤  result: CallSoonThreadsafe   │
//	│   └─ switch ⇄ task's body    │        │                               │
//	└──────────────────────────────┘        └───────────────────────────────┘
//	 one at a time: no locks needed          at the same time: what they share needs locks
//
// A task's body runs as a coroutine: the loop switches to it and gets control back
// when the body waits. Between two waits nothing else runs on the loop. A task that
// waits while nothing else is ready waits in the loop's place, and goes on
// without a switch if it is the next one.
//
// # One iteration
//
//	┌► nothing ready? sleep until a post or the next timer
//	│  posts of other goroutines ─┐
//	│  timers that are due ───────┤
//	│                             ▼
//	│  ready queue   [ a  b  c | d  e ]
//	│                 run now    scheduled by a, b, c: the next iteration's
//	└───────────────────────────────────
//
// # Guarantees
//
// Of the loop:
//
//   - At any time at most one task or callback of a loop runs. What only they use
//     needs no lock, and nothing changes under a task's hands between two waits.
//   - What is ready runs in the order in which it became ready, whatever made it so,
//     on whatever goroutine. What a callback schedules runs in a later iteration.
//   - A panic, and in a task runtime.Goexit too, ends what it happened in and nothing
//     else: a task fails with it, the exception handler hears of a callback's.
//   - Timers run in the order of their deadlines, equal ones in the order of
//     scheduling, and never early.
//   - A loop that is stuck says so while it is, with the name and the stack of what
//     blocks it; see [Blocked]. That costs a running loop next to nothing, and an idle
//     one has no timer for it. Debug mode is free while it is off.
//   - It works in a bubble of testing/synctest, where time costs nothing; only signals
//     do not.
//
// Of tasks:
//
//   - A task starts in the iteration after its creation, or inside CreateTask with
//     [WithEagerStart], never anywhere else. It never runs on two goroutines.
//   - The loop keeps its tasks: one that nothing refers to goes on.
//   - A cancellation is a request. From then on the task's context is done, and every
//     wait with it fails, until the body says [Resume]. It is never lost to a result
//     that arrives at the same time, and a task that has not started never does.
//   - A wait with a context that is not done is not interrupted: context.WithoutCancel
//     is for a clean-up that is to end.
//   - errors.Is(err, context.Canceled) holds for every cancellation, and finds its
//     reason.
//   - A context that the caller derived, a deadline say, ends every wait that it is
//     given to, as in all of Go.
//   - What waits for a canceled task that does not end says so; see [ErrNotEnded].
//
// Of the end:
//
//   - Whatever was accepted ends: when a loop is closed its tasks are unwound, their
//     deferred functions run, their futures have [ErrClosed], and the callbacks of
//     futures that were settled run. No wait is left.
//   - An error that was never looked at is reported, at the latest then.
//   - A loop leaves no goroutine behind.
//   - Run cancels what main left behind and waits for it, then for the default executor,
//     then it closes the loop. The first Ctrl-C cancels main, the second ends the
//     process; see [Runner].
//   - Every call on a closed loop returns [ErrClosed].
//
// # What a task must not do
//
// Block its goroutine, for it would block the loop: a watchdog reports it while it
// lasts. And call runtime.LockOSThread: a goroutine that is locked to its thread
// cannot be switched, and the runtime ends the program. Both belong in an executor.
// The same holds for callbacks, which run on the loop's goroutine or on that of a task
// that waits meanwhile.
//
// # Cost
//
// A turn of a task takes as long as two calls of a bare iter.Pull coroutine, or a third
// of one when no other task had a turn in between, whatever callbacks had. A task takes
// some hundred bytes and, once others have left their coroutines behind, no goroutine of
// its own: see BenchmarkSwitch and BenchmarkCreateTask.
package loop
