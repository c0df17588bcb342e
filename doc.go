// Package asyncgo is the root of a module for Go programs that were, or think like,
// Python programs. It holds no code. What asyncio, concurrent.futures and
// multiprocessing do there is here in four packages:
//
//   - [github.com/seed-1b9fde7b/asyncgo/loop] has the event loop: Run, tasks,
//     TaskGroup, Timeout, Sleep, RunInExecutor.
//   - [github.com/seed-1b9fde7b/asyncgo/executor] has pools of goroutines and of
//     processes, for ThreadPoolExecutor and ProcessPoolExecutor.
//   - [github.com/seed-1b9fde7b/asyncgo/future] has what both of them return, and
//     Gather, Wait, WaitFor, AsCompleted and Shield.
//   - [github.com/seed-1b9fde7b/asyncgo/shared] has values, arrays, locks and queues
//     in memory that processes share, for multiprocessing.Value and its relatives.
//
// Below loop are asyncio's other parts:
//
//   - [github.com/seed-1b9fde7b/asyncgo/loop/queue] has its queues.
//   - [github.com/seed-1b9fde7b/asyncgo/loop/syncs] has Lock, Event, Condition, Semaphore and Barrier.
//   - [github.com/seed-1b9fde7b/asyncgo/loop/stream] has its streams, clients and servers.
//   - [github.com/seed-1b9fde7b/asyncgo/loop/subprocess] runs commands.
//   - [github.com/seed-1b9fde7b/asyncgo/loop/debugz] shows a running program on a page,
//     and [github.com/seed-1b9fde7b/asyncgo/loop/cmd/asyncgo-ps] in a terminal.
//
// The way in is the [tutorial]; the [table of Python names] has the Go name of each.
//
// [tutorial]: https://github.com/seed-1b9fde7b/asyncgo/blob/main/docs/tutorial/README.md
// [table of Python names]: https://github.com/seed-1b9fde7b/asyncgo/blob/main/docs/reference/python-parity.md
package asyncgo
