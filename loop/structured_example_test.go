package loop_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func ExampleWithTaskGroup() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		var first, second *loop.Task[int]
		err := loop.WithTaskGroup(ctx, func(_ context.Context, g *loop.TaskGroup) error {
			first = loop.Go(g, func(ctx context.Context) (int, error) { return 40, loop.Sleep(ctx, time.Millisecond) })
			second = loop.Go(g, func(context.Context) (int, error) { return 2, nil })
			return nil
		})
		if err != nil {
			return struct{}{}, err
		}
		a, _ := first.Result()
		b, _ := second.Result()
		fmt.Println(a + b)
		return struct{}{}, nil
	})
	fmt.Println(err)
	// Output:
	// 42
	// <nil>
}

func ExampleTaskGroup_Do() {
	errSmoke := errors.New("smoke")
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		var g loop.TaskGroup
		return struct{}{}, g.Do(ctx, func(context.Context) error {
			g.Go(func(context.Context) error { return errSmoke })
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, time.Hour)
				fmt.Println("the other:", err)
				return err
			})
			return nil
		})
	})
	fmt.Println(err, errors.Is(err, errSmoke))
	// Output:
	// the other: canceled: the task group is shutting down: smoke
	// task group: smoke true
}

func ExampleTaskGroup_Cancel() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(func(ctx context.Context) error { return loop.Sleep(ctx, time.Hour) })
			g.Go(func(context.Context) error {
				fmt.Println("found it")
				g.Cancel()
				return nil
			})
			return nil
		})
	})
	fmt.Println(err)
	// Output:
	// found it
	// <nil>
}

func ExampleTimeout() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		err := loop.Timeout(ctx, time.Millisecond, func(ctx context.Context) error {
			return loop.Sleep(ctx, time.Hour)
		})
		fmt.Println(errors.Is(err, loop.ErrTimeout), errors.Is(err, context.DeadlineExceeded))
		return struct{}{}, loop.Sleep(ctx, 0) // the task itself was not canceled
	})
	fmt.Println(err)
	// Output:
	// true true
	// <nil>
}

func ExampleTimeoutScope_Reschedule() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		limit := loop.NewTimeout(time.Millisecond)
		err := limit.Do(ctx, func(ctx context.Context) error {
			if err := limit.Reschedule(time.Now().Add(time.Hour)); err != nil {
				return err
			}
			return loop.Sleep(ctx, 3*time.Millisecond)
		})
		fmt.Println(err, limit.Expired())
		return struct{}{}, nil
	})
	fmt.Println(err)
	// Output:
	// <nil> false
	// <nil>
}

func ExampleCreateTask_withWaitFor() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (string, error) {
		slow := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
			return "never", loop.Sleep(ctx, time.Hour)
		})
		v, err := future.WaitFor(ctx, slow, time.Millisecond)
		fmt.Printf("%q %v\n", v, slow.Canceled())
		return v, err
	})
	fmt.Println(errors.Is(err, future.ErrTimeout))
	// Output:
	// "" true
	// true
}
