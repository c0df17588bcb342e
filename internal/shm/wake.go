package shm

import (
	"context"
	"sync/atomic"
	"time"
)

// WakeOnDone makes ctx's end wake all that sleep on word, until stop is
// called. A sleeper of ours may be just about to sleep when ctx ends, and a wake
// that comes too early wakes none; so it is repeated until stop tells that
// it was noticed.
func WakeOnDone(ctx context.Context, word *atomic.Uint32) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	var noticed atomic.Bool
	ended := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(ended)
		for pause := 10 * time.Microsecond; !noticed.Load(); pause = min(2*pause, time.Millisecond) {
			FutexWake(word, 1<<30)
			time.Sleep(pause) //nolint:forbidigo // paces the repetition; nothing is ordered by it
		}
	})
	return func() {
		noticed.Store(true)
		if !cancel() {
			<-ended // so that no goroutine is left, and none touches the word later
		}
	}
}
