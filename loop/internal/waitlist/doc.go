// Package waitlist suspends tasks and blocks goroutines in one queue.
//
// It is what the primitives of loop/syncs and loop/queue share: a primitive has
// a mutex, state of its own, and one [List] for each thing that can be waited
// for. A [Waiter] stands in the list as a future stands in a deque of asyncio's
// primitives, and has the same three states, because what those do when a
// wake-up and a cancellation meet depends on them:
//
//	          Wake…
//	waiting ─────────► woken       a cancellation that comes now is told to the
//	   │                           task all the same, and the primitive, which
//	   │ the task is canceled,     hears of it in GaveUp, passes the wake-up on
//	   │ or ctx ends
//	   └─────────────► canceled    stays in the list until its task runs
//
// Tasks of any number of loops and plain goroutines may stand in one list. A
// task that is woken runs in its loop's next iteration, at the place that the
// wake-up had among everything else that was scheduled; a goroutine runs when
// the scheduler lets it.
package waitlist
