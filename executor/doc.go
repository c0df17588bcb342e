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
//     to the work, what the work did is visible to who has its result.
//   - A job that waits for its own ThreadPool does not hang; see [ThreadPool].
//
// # What happens when
//
// For each call: when its context ends, when the worker process dies that is
// concerned, when it is made a second time, and when it comes late. A dash says that
// there is no such case, or that it changes nothing; an error in parentheses is in
// the future, not returned. What canceling a future does stands at [Submit].
//
//	call                        ctx ends            worker dies           twice                after Shutdown
//	Submit, SubmitTo            cause               (*CrashError)         another job          ErrShutdown
//	TrySubmit                   cause               (*CrashError)         another job          ErrShutdown
//	Map                         yields cause        yields *CrashError    2nd range: nothing   yields ErrShutdown
//	CloseAll                    *ShutdownError      waits for the next    nil                  nil
//	ThreadPool.Execute          cause, if it waits  -                     never the same job   ErrShutdown
//	ThreadPool.Shutdown         *ShutdownError      -                     waits too            nil
//	ThreadPool.ShutdownNow      *ShutdownError      -                     cancels the rest     nil
//	ThreadPool.CancelPending    -                   -                     cancels what is new  cancels what is left
//	ThreadPool.Resize           -                   -                     the last one holds   nil
//	ThreadPool.Running, Stats   -                   -                     -                    -
//	ProcessPool.Execute         cause               (*CrashError)         never the same job   ErrShutdown
//	ProcessPool.Resize          -                   -                     the last one holds   nil
//	ProcessPool.Ready           cause               waits for the next    nil, if all are up   ErrShutdown
//	ProcessPool.Shutdown        *ShutdownError      waits for the next    waits too            nil
//	ProcessPool.Terminate       -                   (*CrashError)         signals who is left  signals who is left
//	ProcessPool.Kill            -                   (*CrashError)         signals who is left  signals who is left
//	ProcessPool.CancelPending   -                   -                     cancels what is new  cancels what is left
//	ProcessPool.Running, Stats  -                   it is not among them  -                    -
//	Executor.Execute, Shutdown  as above            as above              as above             as above
//
// With a *ShutdownError the pool goes on with winding up; nil from a later Shutdown
// comes when that is done. In a job of the pool, or a callback that the pool calls,
// Shutdown and ShutdownNow return [ErrInsideItself]. A [*BrokenPoolError] takes the
// place of ErrShutdown once a pool is broken, and that of a CrashError with
// BreakOnCrash; with Retry the next worker tries again, up to a [*PoisonError].
// "Waits for the next" means the worker that takes the place of the dead one; when
// it was the fourth in a row that did not come up, the pool is broken. A goroutine
// dies with its process only.
//
// In the work, and for those who write executors:
//
//	call                         ctx ends             worker dies                twice                   when the job is over
//	Progress                     -                    what is under way is lost  another report          false
//	WithProgress                 -                    fn hears less              the later one counts    fn hears nothing
//	SetWorkerState               -                    the state is lost          replaces                -
//	WorkerState                  -                    the next has none yet      -                       -
//	WorkerFrom                   -                    the next is another        the same                -
//	Worker.Set                   -                    the state is lost          replaces                -
//	Worker.Value                 -                    the next has none yet      -                       -
//	Invoke                       up to the function   -                          runs it twice           -
//	Job.Start                    false, (cause)       -                          false                   false
//	Job.Run                      ends the work's too  -                          nothing                 nothing
//	Job.Resolve, Fail            -                    -                          nothing                 nothing
//	Job.Cancel, CancelRequested  -                    -                          the first cause counts  nothing
//	Job.OnCancel                 calls fn             -                          replaces fn             nothing
//	Job.Context                  ends                 -                          the same                has ended
//	Job.Encode                   -                    -                          the same                not allowed
//
// When the program starts or makes a pool, a second time and late:
//
//	call                              twice                      late
//	Register, RegisterNoArg           panics: the name is taken  after Main: ErrNotRegistered in workers
//	RegisterAction, RegisterNoResult  panics: the name is taken  after Main: ErrNotRegistered in workers
//	RegisterError, RegisterErrorType  panics: the name is taken  after Main: errors.Is, errors.As do not find it
//	Main                              returns                    NewProcessPool: ErrNoMain; workers end at once
//	NewThreadPool, NewProcessPool     another pool               after CloseAll: another pool
//
// What is left waits for nothing, cannot fail, and does the same each time, but that
// Call does what the function does:
//
//	Func, Action, Each, Call.IsZero, Name, Named, WithPriority
//	Function.Bind, Call, Name, Thunk.Bind, Call, Name
//	ThreadPool.Name, ProcessPool.Name, NeedsEncoding, Encoder.NeedsEncoding
//	Job.ID, MayWait, Name, Priority, Submitted, Worker.ID, Name
//	Histogram.Count, Mean, Quantile, EncodeRemoteError, DecodeRemoteError
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
package executor
