package subprocess_test

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
)

// A task that waits is what add_child_handler of a child watcher is in Python: it runs on the
// loop when the process has exited. It is a recipe of docs/reference/python-parity.md.
func ExampleProcess_Wait() {
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		program, args := as("exit", "3") // a program that exits with 3
		p, err := subprocess.Exec(ctx, subprocess.Options{}, program, args...)
		if err != nil {
			return err
		}
		watcher := loop.Spawn(ctx, func(ctx context.Context) error {
			code, err := p.Wait(ctx)
			fmt.Println("exited with", code)
			return err
		})
		_, err = watcher.Await(ctx)
		return err
	})
	fmt.Println(err)
	// Output:
	// exited with 3
	// <nil>
}
