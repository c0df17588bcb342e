package loop_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func ExampleCreateTask() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		task := loop.CreateTask(ctx, func(context.Context) (string, error) {
			fmt.Println("the task runs")
			return "its result", nil
		})
		fmt.Println("the task is scheduled")
		v, err := task.Await(ctx)
		fmt.Println(v, err)
		return none{}, nil
	})
	// Output:
	// the task is scheduled
	// the task runs
	// its result <nil>
}

func ExampleTask_CancelCause() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		task := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			_, err := future.New[none]().Future().Await(ctx) // it is never settled
			fmt.Println("in the task:", err)
			return none{}, err
		})
		_ = loop.Sleep(ctx, 0) // it starts
		task.CancelCause(errors.New("no longer needed"))
		_, err := task.Await(ctx)
		fmt.Println("outside:", err, errors.Is(err, context.Canceled))
		return none{}, nil
	})
	// Output:
	// in the task: canceled: no longer needed
	// outside: canceled: no longer needed true
}

func ExampleCurrentTask() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		task := loop.CreateTask(ctx, func(ctx context.Context) (string, error) {
			return loop.CurrentTask(ctx).Name(), nil
		}, loop.WithName("reader"))
		fmt.Println(task.Await(ctx))
		return none{}, nil
	})
	// Output: reader <nil>
}

func ExampleAllTasks() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		loop.CurrentTask(ctx).SetName("main")
		loop.CreateTask(ctx, func(context.Context) (none, error) { return none{}, nil }, loop.WithName("a"))
		loop.CreateTask(ctx, func(context.Context) (none, error) { return none{}, nil }, loop.WithName("b"))
		l, _ := loop.FromContext(ctx)
		for _, task := range loop.AllTasks(l) {
			fmt.Println(task.Name())
		}
		return none{}, nil
	})
	// Output:
	// main
	// a
	// b
}

func ExampleWithEagerStart() {
	cache := map[string]string{"key": "value"}
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		task := loop.CreateTask(ctx, func(context.Context) (string, error) {
			return cache["key"], nil // a hit needs no turn of the loop
		}, loop.WithEagerStart(true))
		fmt.Println(task.IsDone())
		return none{}, nil
	})
	// Output: true
}

func ExampleLoop_SetTaskFactory() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		l, _ := loop.FromContext(ctx)
		l.SetTaskFactory(func(_ context.Context, _ *loop.Loop, spec *loop.TaskSpec) error {
			run := spec.Run
			spec.Run = func(ctx context.Context) error {
				fmt.Println("begin", spec.Name)
				defer fmt.Println("end", spec.Name)
				return run(ctx)
			}
			return nil
		})
		defer l.SetTaskFactory(nil)
		fmt.Println(loop.CreateTask(ctx, func(context.Context) (int, error) { return 42, nil }, loop.WithName("traced")).Await(ctx))
		return none{}, nil
	})
	// Output:
	// begin traced
	// end traced
	// 42 <nil>
}

func ExampleRunCoroutineThreadsafe() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		l, _ := loop.FromContext(ctx)
		_, err := loop.ToThread(ctx, func(context.Context) (none, error) {
			// Another goroutine, without a context of the loop.
			f := loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (string, error) {
				return "from " + loop.CurrentTask(ctx).Name(), nil
			}, loop.WithName("the loop"))
			fmt.Println(f.Await(context.Background()))
			return none{}, nil
		}).Await(ctx)
		return none{}, err
	})
	// Output: from the loop <nil>
}

func ExampleWrapFuture() {
	p := future.New[string]() // free: some goroutine's
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		l, _ := loop.FromContext(ctx)
		f := loop.WrapFuture(l, p.Future())
		f.AddDoneCallback(func(f *future.Future[string]) {
			v, _ := f.Result()
			fmt.Println("on the loop:", v)
		})
		go func() { _ = p.SetResult("hello") }()
		_, err := f.Await(ctx)
		return none{}, err
	})
	// Output: on the loop: hello
}
