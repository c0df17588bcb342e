package loop

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Main is a program's whole main function:
//
//	func main() { loop.Main(run) }
//
// It calls [executor.Main], so that worker processes go no further, and runs run on a
// new loop as [Run] does. If run fails, it prints the error to the standard error,
// with the stack if it is a panic, and ends the process: with status 1, and with 130
// after an interrupt signal (Ctrl-C), of which it prints nothing. It returns if run
// has returned nil.
//
// A program that parses flags does so in run, or before it in a main function that
// calls executor.Main first. It stands for
//
//	if __name__ == "__main__": asyncio.run(main())
func Main(run func(ctx context.Context) error) {
	executor.Main()
	err := RunMain(context.Background(), run)
	if err == nil {
		return
	}
	var panicked *future.PanicError
	switch {
	case errors.Is(err, ErrInterrupted):
		os.Exit(130)
	case errors.As(err, &panicked):
		fmt.Fprintf(os.Stderr, "%v\n\n%s", err, panicked.Stack)
	default:
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1)
}

// RunMain is [Run] for a main function without a result.
func RunMain(ctx context.Context, main func(ctx context.Context) error) error {
	_, err := Run(ctx, noResult(main))
	return err
}

// Spawn is [CreateTask] for a function without a result.
func Spawn(ctx context.Context, fn func(ctx context.Context) error, opts ...TaskOption) *Task[None] {
	return CreateTask(ctx, noResult(fn), opts...)
}

// noResult gives fn a result of no content; nil stays nil.
func noResult(fn func(context.Context) error) func(context.Context) (None, error) {
	if fn == nil {
		return nil
	}
	return func(ctx context.Context) (None, error) { return None{}, fn(ctx) }
}

// Each calls fn for every x as a task of its own, and returns the results in the order
// of xs once all have ended. The first error, a cancellation included, is returned at
// once; the other tasks go on, and what becomes of them counts as seen. If the
// calling task is canceled so are they. To limit how many run at once, let fn hold a
// semaphore; to stop the others at the first error, use [WithTaskGroup].
//
// It waits like [future.Future.Await] of [future.Gather], and stands for
// asyncio.gather(*[f(x) for x in xs]).
func Each[X, R any](ctx context.Context, xs []X, fn func(ctx context.Context, x X) (R, error)) ([]R, error) {
	tasks := make([]*Task[R], len(xs))
	for i, x := range xs {
		tasks[i] = CreateTask(ctx, func(ctx context.Context) (R, error) { return fn(ctx, x) })
	}
	return future.Gather(tasks...).Await(ctx)
}
