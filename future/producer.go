package future

// This file is for those who write loops and executors; programs need none of it.

// A Poster runs functions on a goroutine that it owns. A loop is one.
type Poster interface {
	// Post queues fn. It reports an error if fn will never run. It must not
	// call fn itself, and is safe from any goroutine.
	Post(fn func()) error
}

// A Canceler decides what Cancel does to a future whose outcome other code
// produces.
type Canceler interface {
	// CancelRequested is called without locks held, perhaps several times
	// and from any goroutine, while the future is not settled.
	CancelRequested(state State, cause error) Answer
}

// An Answer is what a [Canceler] says to a request.
type Answer int

// The answers to a request for cancellation.
const (
	Settle Answer = iota // settle the future as canceled, now
	Accept               // the producer will end the future because of the request
	Refuse               // the request changes nothing for the future
)

// Init prepares a promise that is part of a larger struct, before its first use:
// home as in [NewOn] or nil, and by, which may be nil, to decide what Cancel does.
func (p *Promise[T]) Init(home Poster, by Canceler) {
	p.fut.home = home
	p.fut.canceler = by
}
