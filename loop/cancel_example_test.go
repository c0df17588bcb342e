package loop_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// region retry

// retry calls fn until it succeeds. It says nothing about cancellation, and need not.
func retry(ctx context.Context, fn func(context.Context) error) (err error) {
	for range 8 {
		if err = fn(ctx); err == nil {
			return nil
		}
		if err := loop.Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("gave up: %w", err)
}

// endregion retry

// A canceled wait inside fn looks like any failure, and the next wait fails as well.
func ExampleTimeout_retry() {
	calls := 0
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		return loop.Timeout(ctx, 50*time.Millisecond, func(ctx context.Context) error {
			return retry(ctx, func(ctx context.Context) error {
				calls++
				return loop.Sleep(ctx, time.Hour)
			})
		})
	})
	fmt.Println(calls, errors.Is(err, future.ErrTimeout))
	// Output: 1 true
}

// region cleanup
func download(ctx context.Context) error {
	err := loop.Sleep(ctx, time.Hour) // the work
	// From here on ctx is done, and the clean-up needs a context that is not.
	calm, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return errors.Join(err, removePart(calm))
}

// endregion cleanup

func removePart(ctx context.Context) error {
	err := loop.Sleep(ctx, time.Millisecond)
	fmt.Println("removed, error:", err)
	return err
}

func ExampleTask_Cancel_cleanUp() {
	_ = loop.RunMain(context.Background(), func(ctx context.Context) error {
		task := loop.Spawn(ctx, download)
		if err := loop.Sleep(ctx, 0); err != nil {
			return err
		}
		task.Cancel()
		_, err := task.Await(ctx)
		fmt.Println(errors.Is(err, context.Canceled), future.IsCanceled(err))
		return nil
	})
	// Output:
	// removed, error: <nil>
	// true true
}

// region resume
func worker(ctx context.Context) error {
	for {
		err := loop.Sleep(ctx, time.Hour) // one item of work
		if future.IsCanceled(err) && reload() {
			ctx = loop.Resume(ctx) // this request is dealt with; the next one ends the waits again
			continue
		}
		if err != nil {
			return err
		}
	}
}

// endregion resume

var reloads int

func reload() bool { reloads++; return reloads == 1 }

func ExampleResume() {
	_ = loop.RunMain(context.Background(), func(ctx context.Context) error {
		task := loop.Spawn(ctx, worker)
		for range 2 {
			if err := loop.Sleep(ctx, time.Millisecond); err != nil {
				return err
			}
			fmt.Println("done:", task.IsDone())
			task.Cancel()
		}
		_, err := task.Await(ctx)
		fmt.Println("canceled:", future.IsCanceled(err), "after reloads:", reloads-1)
		return nil
	})
	// Output:
	// done: false
	// done: false
	// canceled: true after reloads: 1
}
