package executor

import (
	"context"
	"errors"
)

// WithProcessPool makes a pool, calls body with it, and shuts it down when body has
// returned: what was accepted is finished, and the workers are gone. It returns the
// errors of body, of [NewProcessPool], with which body is not called, and of
// [ProcessPool.Shutdown].
//
//	return executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: 4}, func(pool *executor.ProcessPool) error {
//
// The end waits although ctx has ended, for calls that were made with ctx end with it;
// a body that is not to wait for the others calls [ProcessPool.Terminate]. If body
// panics or calls runtime.Goexit the pool is shut down all the same. In a task the
// shutdown suspends the task, in a plain goroutine it blocks that. When a worker dies its
// call fails with a [*CrashError], and the next one does the rest. After body the pool
// refuses calls with [ErrShutdown]; to call WithProcessPool again makes another pool.
//
// It stands for "with ProcessPoolExecutor(…) as pool:".
func WithProcessPool(ctx context.Context, cfg ProcessConfig, body func(pool *ProcessPool) error) error {
	pool, err := NewProcessPool(cfg)
	if err != nil {
		return err
	}
	return with(ctx, pool, body)
}

// WithThreadPool is [WithProcessPool] for a pool of goroutines. A body that is not to
// wait for the others calls [ThreadPool.ShutdownNow]. After body the pool refuses calls
// with [ErrShutdown]; to call WithThreadPool again makes another pool. If ctx ends, calls
// that were made with it end, and are waited for. It stands for
// "with ThreadPoolExecutor(…) as pool:".
func WithThreadPool(ctx context.Context, cfg ThreadConfig, body func(pool *ThreadPool) error) error {
	pool, err := NewThreadPool(cfg)
	if err != nil {
		return err
	}
	return with(ctx, pool, body)
}

func with[P Executor](ctx context.Context, pool P, body func(P) error) (err error) {
	// Deferred because body may panic, or end its goroutine.
	defer func() {
		if late := pool.Shutdown(context.WithoutCancel(ctx)); late != nil {
			err = errors.Join(err, late)
		}
	}()
	return body(pool)
}
