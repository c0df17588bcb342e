package loop_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func ExampleRun() {
	v, err := loop.Run(context.Background(), func(ctx context.Context) (string, error) {
		return "done", loop.Sleep(ctx, time.Millisecond)
	})
	fmt.Println(v, err)
	// Output: done <nil>
}

func ExampleRunner() {
	r := loop.NewRunner(loop.Config{})
	defer r.Close()
	for i := range 2 {
		_ = r.Run(context.Background(), func(context.Context) error {
			fmt.Println("run", i)
			return nil
		})
	}
	// Output:
	// run 0
	// run 1
}

func ExampleLoop_RunOnce() {
	l := loop.New(loop.Config{})
	defer l.Close()
	_, _ = l.CallSoon(func() { fmt.Println("one") })
	next, _ := l.RunOnce()
	fmt.Println("nothing more:", next > time.Hour)
	// Output:
	// one
	// nothing more: true
}

func ExampleLoop_AddSignalHandler() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		l, err := loop.FromContext(ctx)
		if err != nil {
			return struct{}{}, err
		}
		err = l.AddSignalHandler(os.Interrupt, func() { fmt.Println("reloading") })
		fmt.Println(err, l.RemoveSignalHandler(os.Interrupt))
		return struct{}{}, nil
	})
	// Output: <nil> true
}

func ExampleToThread() {
	v, err := loop.Run(context.Background(), func(ctx context.Context) (int, error) {
		return loop.ToThread(ctx, func(context.Context) (int, error) { return 6 * 7, nil }).Await(ctx)
	})
	fmt.Println(v, err)
	// Output: 42 <nil>
}

func ExampleCaptureCallGraph() {
	_, _ = loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		child := loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			g := loop.CaptureCallGraph(ctx)
			fmt.Println(g.Name, "is awaited by", g.AwaitedBy[0].Name)
			return struct{}{}, nil
		}, loop.WithName("child"))
		loop.CurrentTask(ctx).SetName("main")
		return child.Await(ctx)
	})
	// Output: child is awaited by main
}
