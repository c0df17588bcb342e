package sched

// A Call is a call as the scheduler sees it. It stands inside what a call is to the
// pool, a C, so that nothing is allocated for it. The scheduler changes what is not
// exported; the rest is set before [Scheduler.Accept] and stays.
type Call[C any] struct {
	Of       *C     // what it stands in; nil for an initializer
	Order    uint64 // of acceptance
	Since    int64  // when it was submitted, in nanoseconds
	Priority int    // calls of a higher one go first, those of one in their order
	Costs    *Costs // what is known of calls of this kind

	next, prev *Call[C] // in the queue that holds it
	place      place
}

// A place says where a call is: in one queue, with one worker, or nowhere.
type place uint8

const (
	nowhere  place = iota // not accepted yet, on its way to a worker, or gone
	queued                // no worker has seen it
	returned              // it was taken back from a worker
	flying                // a worker has it
)

// Returned reports whether c waits and was with a worker before.
func (c *Call[C]) Returned() bool { return c.place == returned }

// Costs is what is known of the calls of one function.
type Costs struct {
	run   float64 // moving average of the run time, in nanoseconds
	known bool
}

// Add takes account of one more run, which took so many nanoseconds.
func (c *Costs) Add(run int64) {
	if !c.known {
		c.run, c.known = float64(run), true
		return
	}
	c.run += costWeight * (min(float64(run), costJump*c.run+costSlack) - c.run)
}

// Known reports whether any call of this kind has ended.
func (c *Costs) Known() bool { return c.known }

// Run returns how long a call of this kind is expected to run, in nanoseconds.
func (c *Costs) Run() float64 { return c.run }
