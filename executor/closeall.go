package executor

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// pools holds what CloseAll shuts down: the pools that were not shut down yet.
var pools struct {
	mu   sync.Mutex
	open map[Executor]struct{}
}

func opened(ex Executor) {
	pools.mu.Lock()
	defer pools.mu.Unlock()
	if pools.open == nil {
		pools.open = make(map[Executor]struct{})
	}
	pools.open[ex] = struct{}{}
}

func closed(ex Executor) {
	pools.mu.Lock()
	defer pools.mu.Unlock()
	delete(pools.open, ex)
}

// CloseAll shuts down every pool of this process that was not shut down yet, at the
// same time, and waits until they have finished what they accepted or ctx ends.
// It returns the first error.
//
// Call it at the end of main. It stands for what Python does when the interpreter
// exits, for the end of main in Go ends goroutines without asking them.
func CloseAll(ctx context.Context) error {
	pools.mu.Lock()
	open := make([]Executor, 0, len(pools.open))
	for ex := range pools.open {
		open = append(open, ex)
	}
	pools.mu.Unlock()
	if len(open) == 0 {
		return nil
	}
	// The shutdowns run on goroutines of their own; the caller, which may be a
	// task, waits for them as a whole.
	return whose.Block(ctx, func(ctx context.Context) error {
		var g errgroup.Group
		for _, ex := range open {
			g.Go(func() error { return ex.Shutdown(ctx) })
		}
		return g.Wait()
	})
}
