// Package loop is asyncio for Go: an event loop, tasks that wait without blocking
// it, and what runs the blocking rest elsewhere.
//
//	_, err := loop.Run(ctx, func(ctx context.Context) (string, error) {
//		page := loop.CreateTask(ctx, fetch)                 // asyncio.create_task
//		if err := loop.Sleep(ctx, time.Second); err != nil { // asyncio.sleep
//			return "", err
//		}
//		return page.Await(ctx) // await
//	})
//
// # Which function do I want?
//
//	start a program                      Run; RunWith for a Config
//	enter and leave a loop repeatedly    Runner; RunOnce inside another main loop
//	do something at the same time        CreateTask, TaskGroup
//	call what blocks                     ToThread; RunInExecutor for a pool of your own
//	wait                                 Await of a future or task, Sleep
//	wait for several                     future.Gather, future.Wait, TaskGroup
//	limit a wait                         Timeout, future.WaitFor
//	later, or from another goroutine     CallSoon, CallLater, CallAt, CallSoonThreadsafe
//	react to a signal                    AddSignalHandler
//	see what is going on                 SetDebug, Loop.Dump, CaptureCallGraph, package debugz
//
// Locks, events and queues are in packages syncs and queue below this one.
//
// # Who runs where
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
// when the body waits. Between two waits nothing else runs on the loop.
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
//   - Callbacks and steps of tasks run one at a time, in the order in which they were
//     scheduled, each exactly once. An iteration runs what was ready at its start.
//   - Timers run in the order of their deadlines, equal ones in the order of
//     scheduling, and never early.
//   - A panic in a callback is reported and the loop goes on; a panic in a task is the
//     task's error. runtime.Goexit, as by t.FailNow, leaves nothing hanging.
//   - A task starts in the iteration after its creation, unless it is asked to start
//     at once. The loop owns its tasks: one that nobody refers to goes on.
//   - Cancel is a request that one wait is told of, as in asyncio; the task's context is
//     done from then on, as in Go.
//   - Run ends what it began: tasks that are left are canceled and waited for, then the
//     default executor, then the loop is closed. Close unwinds every task.
//   - Every call on a closed loop returns [ErrClosed]; nothing blocks on one.
//   - The first Ctrl-C cancels the main task, the second ends the process; see [Runner].
//   - A loop that is stuck says so while it is, with the name and the stack of what
//     blocks it; see [Blocked]. It costs a running loop nothing and an idle one no timer.
//   - Debug mode is free while it is off; see [Loop.SetDebug].
//   - Everything works inside a testing/synctest bubble, except signals.
//   - An idle loop uses no processor time, a loop that stopped has no goroutines left
//     but those of suspended tasks, and a sleeping task takes less than 4 KiB.
package loop
