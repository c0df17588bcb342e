package executor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// pools holds what CloseAll shuts down: the pools that were not shut down yet.
var pools struct {
	mu   sync.Mutex
	open map[localPool]struct{}
}

// A localPool is a pool of this process.
type localPool interface {
	Executor
	inside() bool     // whether the calling goroutine is one of the pool's
	look() sight.Pool // what can be seen of it
}

func opened(p localPool) {
	pools.mu.Lock()
	defer pools.mu.Unlock()
	if pools.open == nil {
		pools.open = make(map[localPool]struct{})
	}
	pools.open[p] = struct{}{}
}

func closed(p localPool) {
	pools.mu.Lock()
	defer pools.mu.Unlock()
	delete(pools.open, p)
}

// CloseAll shuts down every pool of this process that was not shut down yet, at the
// same time, and waits until they have finished what they accepted or ctx ends: the
// error is a [*ShutdownError] then. It returns the first error. Without an open pool,
// a second time for instance, it returns nil at once. Where a worker process dies
// meanwhile, the next one finishes the calls that wait. Inside a pool it waits for the
// others and returns [ErrInsideItself].
//
// Call it at the end of main. It stands for what Python does when the interpreter
// exits, for the end of main in Go ends goroutines without asking them.
func CloseAll(ctx context.Context) error {
	pools.mu.Lock()
	open := slices.Collect(maps.Keys(pools.open))
	pools.mu.Unlock()
	var inside error
	open = slices.DeleteFunc(open, func(p localPool) bool {
		if !p.inside() {
			return false
		}
		inside = p.Shutdown(ctx) // which knows this goroutine, and does not wait
		return true
	})
	if len(open) == 0 {
		return inside
	}
	// The shutdowns run on goroutines of their own; the caller, which may be a
	// task, waits for them as a whole.
	err := whose.Block(ctx, func(ctx context.Context) error {
		var g errgroup.Group
		for _, p := range open {
			g.Go(func() error { return p.Shutdown(ctx) })
		}
		return g.Wait()
	})
	return cmp.Or(inside, err)
}
