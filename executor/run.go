package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Run runs call on ex and returns its outcome: [Submit], and Await of the future that
// it returns. It suspends a task and blocks any other goroutine; in a bare callback on
// a loop's goroutine it returns future.ErrWouldBlock, and nothing is begun.
//
// If ctx ends, or the task that calls is canceled, Run returns ctx's cause at once and
// cancels the call: one that has not begun never begins, and one that has sees its
// context end and is not waited for. What keeps ex from accepting the call is returned
// as Submit returns it: [ErrShutdown] after Shutdown. When the worker process dies the
// error is a [*CrashError]. Calling it again is another job, and any number of
// goroutines may do so at the same time.
//
// It stands for pool.submit(f, a).result(), and in a task for
// await loop.run_in_executor(pool, f, a).
func Run[R any](ctx context.Context, ex Executor, call Call[R]) (R, error) {
	var none R
	h := whose.Current(ctx)
	if h != nil && !h.CanPark() {
		return none, fmt.Errorf("executor: Run: %w", whose.ErrWouldBlock)
	}
	f, err := Submit(ctx, ex, call)
	if err != nil {
		return none, err
	}
	v, err := f.Await(ctx)
	switch {
	case err == nil:
	case !f.IsDone():
		f.CancelCause(err) // nothing else has it
	case h == nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		// The call was faster to say that ctx has ended, and does not know why.
		err = context.Cause(ctx)
	}
	return v, err
}
