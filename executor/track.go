package executor

// Track makes an executor of another package one of those that [CloseAll] shuts down,
// until untrack is called, which its Shutdown should do when all is done. An executor
// with a method Inside() bool, which reports whether the calling goroutine is one of its
// own, gets its Shutdown called in place there, and should return [ErrInsideItself] then.
// ex must be comparable, as a pointer is.
func Track(ex Executor) (untrack func()) {
	p := trackedPool{ex}
	opened(p)
	return func() { closed(p) }
}

type trackedPool struct{ Executor }

func (p trackedPool) inside() bool {
	i, ok := p.Executor.(interface{ Inside() bool })
	return ok && i.Inside()
}
