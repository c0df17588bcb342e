package sched

import "time"

// What follows was measured on one machine, two cores of a cloud server, in
// nanoseconds. Other machines are faster or slower by a factor of two or three, and
// nothing breaks there: calls wait a little longer than they had to, or a process is
// woken that was not needed. Each name says what it decides, and each comment which
// benchmark, in the package executor unless it is said otherwise, chose the number.
const (
	// aheadFor is how much work a worker may have ahead. What is sent ahead
	// waits no longer than that behind others, unless they take longer than
	// they used to, and then it is taken back. BenchmarkProcessMakespan:
	// with more, the last calls of a burst wait inside one worker.
	aheadFor = float64(200 * time.Microsecond)

	// oneAhead is up to which run time of its present call a worker gets one
	// more in any case if many wait, so that it need not wait for the parent
	// in between. If an idle worker could run that one, it is taken back for
	// it; and when the present call takes longer than expected as well.
	// BenchmarkProcessMakespan with calls of a millisecond.
	oneAhead = float64(5 * time.Millisecond)

	// worthRecalling is how long a call must have to wait to be better off
	// on an idle worker, which has to be woken: what that costs.
	// BenchmarkProcessSequential is the price of waking one.
	worthRecalling = float64(50 * time.Microsecond)

	// sendCost is what the parent takes to send a call and to settle it, and
	// runCost what a worker takes for a call beside the function's own time:
	// the CPU time for each call of BenchmarkProcessPipelined, which in the
	// parent is 1750 of 2550 nanoseconds. See [Scheduler.enough]: with a
	// sendCost of 1200, BenchmarkProcessPipelined woke workers that it did not
	// need, and took a tenth longer.
	sendCost = 1700.0
	runCost  = 700.0

	// costWeight is how much the newest run of a function counts: after some
	// five calls of a new kind the average has followed. It is a guess.
	costWeight = 0.3

	// A single run cannot count for more than costJump times the average and
	// costSlack: on a busy machine a call of a microsecond takes milliseconds
	// now and then, because the worker was not running at all. A function that
	// takes longer from now on is followed all the same, for the average then
	// doubles with each call. BenchmarkProcessPipelined: with a slack of 50
	// microseconds a single run that was interrupted made the calls look long,
	// so that a second worker was woken; it took a fifth longer.
	costJump  = 4.0
	costSlack = float64(time.Microsecond)
)
