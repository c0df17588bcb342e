// Package executor runs calls on pools of workers, goroutines or processes, and
// returns futures for their results.
//
// # Which one do I want?
//
//   - [ThreadPool] for work that waits, for work that shares memory with the rest
//     of the program, and for anything else in Go: goroutines use all CPUs. It
//     stands for ThreadPoolExecutor.
//   - [ProcessPool] for work that may crash, leak, exhaust memory or never
//     return, for C libraries with global state, and for work that must be killed
//     when it is canceled. It stands for ProcessPoolExecutor.
//   - An [Executor] of your own for anything further away; it has two methods,
//     and executortest.Run checks it.
//
// A call is made by [Func] or [Action] from a closure, or by Bind from a function
// that [Register] and its relatives gave a name to. Closures run on goroutines
// only; a process pool says so in an error. [Submit] waits for room in a bounded
// queue, [TrySubmit] does not, [Map] runs a call for every element of a sequence,
// lazily. From a task of a loop use loop.RunInExecutor.
//
// # Guarantees
//
//   - Every accepted call settles its future: with the result, the error, a panic,
//     a cancellation, or the reason why it could not run.
//   - Of the calls that wait, those of a higher priority begin first, those of one
//     priority in the order in which they were accepted.
//   - A worker that is idle is used before a new one is started.
//   - A panic, panic(nil), runtime.Goexit and t.FailNow in the work become a
//     [*future.PanicError] with the stack; the worker lives on.
//   - Canceling before the work has begun: it never begins. Afterwards: the work's
//     context ends, and the work decides; see [Submit].
//   - [Executor.Shutdown] finishes what was accepted. If its context ends first it
//     lists what still runs.
//   - After Shutdown a call gets [ErrShutdown], on a broken pool a
//     [*BrokenPoolError], without room in time the context's cause; nothing was
//     accepted then.
//   - Waiting, for room or for a shutdown, suspends a task, blocks a plain
//     goroutine, and fails at once in a bare callback on a loop's goroutine.
//   - What a caller sees happened before it: what was done before Submit is visible
//     to the work, what the work did is visible to the code that has its result.
//   - A job that waits for its own ThreadPool does not hang; see [ThreadPool].
//
// # What happens when
//
// A context ends, a process dies, a call is made twice or comes late: each call says in
// its own documentation what happens then, and [docs/reference/what-happens.md] shows
// all of them side by side.
//
// # The way of a call
//
//	Submit ── newJob ──► [ *Job: promise, call, context ] ──► Executor.Execute
//	                        │ one allocation                    │
//	    Encode, if the      │                                   ▼
//	    executor is an      │                    idle worker, new worker, or queue
//	    Encoder ◄───────────┘                                   │
//	                                                            ▼
//	Future ◄── settle ◄── Run (here) or Resolve, Fail (from ◄── Start
//	   │                  another process)
//	   └── callbacks, awaiting tasks and goroutines
//
// A call of loop.RunInExecutor on a ThreadPool costs about a microsecond, there and
// back, and one allocation; see BenchmarkRunInExecutor and BenchmarkRoundTrip.
//
// [docs/reference/what-happens.md]: https://github.com/seed-1b9fde7b/asyncgo/blob/main/docs/reference/what-happens.md
package executor
