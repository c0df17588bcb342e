// Package asyncgo is the root of a module for Go programs that were, or think like,
// Python programs. It holds no code. What asyncio, concurrent.futures and
// multiprocessing do there is here in four packages:
//
//   - [github.com/seed-1b9fde7b/asyncgo/loop] has the event loop: Run, tasks,
//     TaskGroup, Timeout, Sleep, RunInExecutor. Its folders queue and syncs have
//     asyncio's Queue, Lock, Event, Condition, Semaphore and Barrier, its folders
//     stream and subprocess what their names say.
//   - [github.com/seed-1b9fde7b/asyncgo/executor] has pools of goroutines and of
//     processes, for ThreadPoolExecutor and ProcessPoolExecutor.
//   - [github.com/seed-1b9fde7b/asyncgo/future] has what both of them return, and
//     Gather, Wait, WaitFor, AsCompleted and Shield.
//   - [github.com/seed-1b9fde7b/asyncgo/shared] has values, arrays, locks and queues
//     in memory that processes share, for multiprocessing.Value and its relatives.
//
// The table of all Python names is docs/reference/python-parity.md, the way in is
// docs/tutorial.
package asyncgo
