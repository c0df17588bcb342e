package subprocess_test

import (
	"context"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
)

// The output of a program, line by line, while it runs.
func ExampleExec() {
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		program, args := as("print", "one\ntwo\n", "") // a program that prints two lines
		p, err := subprocess.Exec(ctx, subprocess.Options{Stdout: subprocess.Pipe}, program, args...)
		if err != nil {
			return err
		}
		for line, err := range p.Stdout.Lines(ctx) {
			if err != nil {
				return err
			}
			fmt.Printf("%s", line)
		}
		code, err := p.Wait(ctx)
		fmt.Println("exited with", code)
		return err
	})
	fmt.Println(err)
	// Output:
	// one
	// two
	// exited with 0
	// <nil>
}

// Input goes in, and both outputs come back as a whole.
func ExampleProcess_Communicate() {
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		program, args := as("count") // a program that counts the bytes of its input
		p, err := subprocess.Exec(ctx, subprocess.Options{Stdin: subprocess.Pipe, Stdout: subprocess.Pipe}, program, args...)
		if err != nil {
			return err
		}
		out, _, err := p.Communicate(ctx, []byte("four"))
		fmt.Printf("%s", out)
		return err
	})
	fmt.Println(err)
	// Output:
	// 4
	// <nil>
}
