package executor

// How a process pool works. What follows is for those who change it.
//
//	 Submit ─► queue ─► ring of calls ──────────────────► Take ─► function
//	            ▲  │                                                  │
//	  take back │  └─► (an idle worker: no queue)                     │
//	            └──────── claims: Revoke │ Take                       │
//	 future ◄─ reader ◄─ ring of results ◄────────────────────────────┘
//	           listener ◄► control socket ◄► listener (a goroutine of the worker)
//	           reaper   ◄─ end of the process
//	           2 forwarders ◄─ stderr, stdout
//
// Every worker has a ring for calls, a ring for results, a socket and pipes of
// its own. Workers share nothing: no lock and no queue that one could take to its
// grave.
//
// # The life of a worker
//
//	            Hello, no initializer
//	         ┌──────────────────────────┐
//	         │                          ▼
//	starting ─► initializing ───────► ready ───────► leaving
//	         Hello         initializer  │  nothing to   │ end of
//	                       returned     │  do any more  │ its socket
//	   │            │                   │               │
//	   └────────────┴───────────────────┴───────────────┴──► dead
//	         exit, end of the socket, garbage, a kill: at any time
//
//   - starting: the process exists, or not even that. If it does not say Hello
//     within StartTimeout it is killed. After four failures in a row, of starts or
//     of initializers that killed their process, the pool is broken. A start that
//     lacked descriptors, processes or memory is no such failure; see shortage in
//     process_start.go.
//   - initializing: the first call is the initializer. If it returns an error the
//     pool is broken with that error.
//   - ready: the worker takes calls. It is idle when it has none.
//   - leaving: its socket is closed. It exits by itself, or is killed a second
//     later. In a shutdown that has nothing left to do, those that come up leave as
//     well. Whatever a worker does from here on is no failure: an initializer may
//     need what it can get from its parent only, which it does not get any more.
//   - dead: the process has been waited for. What it had finished is settled, the
//     call that it was running fails, what it had not begun goes elsewhere.
//
// # The life of a call
//
//	queued ─► sent ─► begun ─► result ─► settled
//	  ▲        │        │
//	  └────────┘        └─► crash ─► settled, or queued again (Retry)
//	   taken back
//
// A call that was sent is on offer: the claim, a word in shared memory, is taken
// by the worker when it begins the call, or revoked by the parent, and exactly one
// of the two succeeds. So a call that has begun is never run a second time (but for
// Retry), and one that has not can be canceled or run elsewhere at any time, even
// if its worker is stopped or dead.
//
// # What decides, and what does it
//
//	accept, drop ───┐                          executor/internal/sched
//	result ─────────┤                         ┌───────────────────────┐
//	cancel, recall ─┤    says what happened   │ Scheduler             │
//	ready, death ───┼──► to the scheduler ───►│  waiting: queue, taken│
//	resize ─────────┤           │             │  back; idle; flights  │
//	shutdown, kill ─┤           ▼             └──────────┬────────────┘
//	each timer ─────┘    reconcileLocked ◄───── Next ────┘
//	                            │      Start, Give, Recall, Leave
//	                            ▼
//	             processes, claims, rings, sockets; then
//	             wake what got calls, announce what is ready or done
//
// The scheduler is a value that knows no process, no job and no clock: every event tells
// it what happened, and ends with [ProcessPool.reconcileLocked], which does what it
// decides until there is nothing more to do. See there for what holds whenever the mutex
// is free, and the package sched for its states and what it promises. A call that
// finds an idle worker and nothing before it goes the short way, by Take, in which
// nothing else can have to be done.
//
// # What waits for what
//
// The reader, one goroutine per worker, waits for results in stages; see
// [processWorker.read]. Nothing else waits for a worker: a long argument is written
// by a goroutine of its own, a question for a descriptor is answered by one.
// The pool's mutex is held for no call of foreign code: futures are settled,
// contexts watched and records logged without it. Callbacks of futures and of
// reports run on the readers; one that panics is caught, one that ends the
// goroutine gets the worker another reader, which goes on where that one was.
//
// # What is woken
//
// A call that waits goes to an idle worker, with one exception. To wake a process
// costs more than a call of a microsecond, and this process, which sends and settles
// all of them, cannot keep more than one or two workers busy with such calls. So
// while the workers that are awake keep up (they have only calls of functions that
// were short so far, and not for long) the others stay asleep; see share.go of the
// package sched. The reader of a worker whose call takes longer than
// that notices within 0.2 ms; the worker is late then, and what waits, or was sent
// ahead to it, goes to the idle ones.
//
// # More and fewer workers
//
// Resize only sets the limit and takes back what was sent ahead. Whether a worker
// is one too many is asked when it could get a call: the first that have nothing to
// do leave, so they need not be chosen, and a limit that is raised again before
// that changes nothing.
//
// # What goes first
//
// The queue and the calls that were taken back are each in order of priority, then
// of acceptance; the next call is the better of their heads, and of equals the one
// that was taken back, for it is older.
//
// # Objects of shared memory in results
//
// A result may refer to memory that only the work's own variables held. The worker
// finds the references in the encoded result, keeps those objects open, and marks
// the result; the parent answers with Release when it has decoded it, and lets the
// worker leave no sooner than that.
