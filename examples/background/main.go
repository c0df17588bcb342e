// Command background has a loop in a goroutine of its own, for a program whose main
// goroutine is busy with something else: here it waits for input. main.py is the original.
//
//	go run ./examples/background
//
//	set NAME MILLISECONDS   starts a timer, a task on the loop
//	ring NAME               makes it ring now
//	cancel NAME             makes it never ring
//	wait NAME               waits for it, and says what became of it
//
// At the end of the input the loop cancels what still runs, stops, and the goroutine ends.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// region timer
func timer(ctx context.Context, d time.Duration, bell *syncs.Event) (string, error) {
	err := loop.Timeout(ctx, d, bell.Wait)
	if errors.Is(err, loop.ErrTimeout) {
		return "rings", nil
	}
	return "was rung", err
}

// endregion timer

func cancelAll(ctx context.Context) (loop.None, error) {
	tasks := loop.AllTasks(loop.Current(ctx))
	tasks = slices.DeleteFunc(tasks, func(task loop.AnyTask) bool { return task == loop.CurrentTask(ctx) })
	for _, task := range tasks {
		task.Cancel()
	}
	for _, task := range tasks {
		_ = future.WaitAll(ctx, task) // whatever becomes of it
	}
	return loop.None{}, nil
}

func main() {
	background := loop.New(loop.Config{})
	stopped := make(chan error)
	go func() { stopped <- background.RunForever() }()
	bells, results := map[string]*syncs.Event{}, map[string]*future.Future[string]{}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var verb, name string
		var ms time.Duration
		words, _ := fmt.Sscan(lines.Text(), &verb, &name, &ms)
		bell, result := bells[name], results[name]
		switch {
		case verb == "set" && words == 3 && ms >= 0:
			bell = &syncs.Event{}
			bells[name] = bell
			results[name] = loop.RunCoroutineThreadsafe(background, func(ctx context.Context) (string, error) {
				return timer(ctx, ms*time.Millisecond, bell)
			})
		case verb == "ring" && bell != nil:
			background.CallSoonThreadsafe(bell.Set)
		case verb == "cancel" && bell != nil:
			result.Cancel()
		case verb == "wait" && bell != nil:
			rang, err := result.Await(context.Background())
			if future.IsCanceled(err) {
				rang = "was canceled"
			}
			fmt.Println(name, rang)
		default:
			fmt.Println("what?")
		}
	}
	_, err := loop.RunCoroutineThreadsafe(background, cancelAll).Await(context.Background())
	background.Stop()
	if err := errors.Join(err, <-stopped, background.Close()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("stopped")
}
