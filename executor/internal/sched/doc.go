// Package sched decides which call of a process pool goes to which worker, when a
// worker is started, and when one leaves.
//
// A [Scheduler] is a value. It is told what happened, and [Scheduler.Next] says what is
// to be done; the pool does it. So it can be tested without a process, against a naive
// reference, by random events.
//
//	                    events                          decisions
//	Accept  Drop        ──────►┌───────────────┐
//	Landed  Recalled  Kept     │   Scheduler   │──────►  Start a worker
//	Return                     │               │         Give a call to a worker
//	Come    Ready  Dead  Gone  │ waiting  idle │         Recall a call from one
//	Occupy  Free  Pin  Unpin   │ workers       │         tell one to Leave
//	Late    Retire  Overlook   │ with flights  │
//	Resize  Want  Hold         └───────────────┘◄────── Next(now), until Nothing
//	Expire  Close  Break
//
// # Where a call is
//
//	          Accept                Give, Launch             Landed, Dead
//	(nowhere) ──────► in the queue ──────────────► in flight ────────────► (nowhere)
//	                      │                         ▲     │
//	                Drop, │                    Give,│     │ Recalled
//	                Break ▼                   Launch│     ▼
//	                  (nowhere) ◄── Drop, Break ── taken back
//	                                             Return
//
// A call is in one place at any time, and a Give that the pool cannot follow, since the
// call was called off at that moment, takes it to nowhere. The other way from an idle
// worker's point of view is [Scheduler.Take]: a call that finds nothing waiting goes
// straight to it.
//
// # What a worker is
//
//	      Come          Ready              nothing to do any more    Dead      Gone
//	coming ───────────► ready ────────────────────────────► leaving ─────► gone ───► (out)
//	   ├─ all is over ──────│────────────────────────────────►┘        ▲
//	   │               idle │ busy                                     │
//	   └────────────────────┴───────── Dead, at any time ─────────────┘
//
// A ready worker is idle, or busy with its flights, or about to be served: an event
// that may change what it is to have makes it hungry, and Next serves the hungry ones
// first. One that is pinned does not leave, one that is occupied gets nothing.
//
// # What holds when Next returns Nothing
//
//   - There are workers for the calls that wait, as far as the limit and what holds up
//     starts allow.
//   - While a worker is idle no call waits, unless it was left asleep for a short one.
//   - Once the scheduler is closed and nothing waits, no worker is idle or coming, but
//     for those that are pinned.
//   - Every call that was accepted leaves exactly once.
package sched
