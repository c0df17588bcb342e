package whose

// A Waiter is a [Provider] whose goroutine belongs to no loop but to a thing that wants
// to know when it waits: a pool, whose jobs may wait for the pool itself. Its
// CurrentHost returns nil.
type Waiter interface {
	Provider

	// Waiting and Resumed are called on the registered goroutine, before and
	// after a wait that may last. They may be nested.
	Waiting()
	Resumed()
}

// Waiting tells the calling goroutine's Waiter, if it has one, that a wait begins
// and returns it; the caller calls its Resumed when the wait has ended.
func Waiting() Waiter {
	p, ok := goroutines.load(ID())
	if !ok {
		return nil
	}
	w, ok := p.(Waiter)
	if !ok {
		return nil
	}
	w.Waiting()
	return w
}
