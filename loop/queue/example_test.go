package queue_test

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

func ExampleQueue() {
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		jobs := queue.NewQueue[string](10)
		worker := loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			for job, err := range jobs.All(ctx) {
				if err != nil {
					return struct{}{}, err
				}
				fmt.Println("done:", job)
				if err := jobs.TaskDone(); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
		for _, job := range []string{"wash", "dry", "fold"} {
			if err := jobs.Put(ctx, job); err != nil {
				return struct{}{}, err
			}
		}
		if err := jobs.Join(ctx); err != nil {
			return struct{}{}, err
		}
		jobs.Shutdown(false)
		return worker.Await(ctx)
	})
	fmt.Println(err)
	// Output:
	// done: wash
	// done: dry
	// done: fold
	// <nil>
}

// A goroutine may feed a task: the queue belongs to no loop.
func ExampleQueue_goroutine() {
	lines := queue.NewQueue[string](1)
	go func() {
		defer lines.Shutdown(false)
		for _, line := range []string{"first", "second"} {
			if err := lines.Put(context.Background(), line); err != nil {
				return
			}
		}
	}()
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		for line, err := range lines.All(ctx) {
			if err != nil {
				return struct{}{}, err
			}
			fmt.Println(line)
		}
		return struct{}{}, nil
	})
	fmt.Println(err)
	// Output:
	// first
	// second
	// <nil>
}

func ExamplePriorityQueue() {
	type job struct {
		urgency int
		name    string
	}
	jobs := queue.NewPriorityQueueFunc(0, func(a, b job) int { return a.urgency - b.urgency })
	for _, j := range []job{{2, "paint"}, {1, "repair"}, {2, "polish"}} {
		_ = jobs.PutNowait(j) // has no bound
	}
	jobs.Shutdown(false)
	for j, err := range jobs.All(context.Background()) {
		fmt.Println(j.name, err)
	}
	// Output:
	// repair <nil>
	// paint <nil>
	// polish <nil>
}

func ExampleLifoQueue() {
	undo := queue.NewLifoQueue[string](0)
	_ = undo.PutNowait("typed a") // has no bound
	_ = undo.PutNowait("typed b")
	step, err := undo.GetNowait()
	fmt.Println(step, err)
	// Output: typed b <nil>
}
