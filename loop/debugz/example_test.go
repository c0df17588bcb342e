package debugz_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

// A program that shows itself, and what asks it for its tasks, from outside of the loop.
func ExampleStart() {
	ask := func(url string) error {
		answer, err := http.Get(url + "ps")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		lines := bufio.NewScanner(answer.Body)
		lines.Scan()
		fmt.Println(lines.Text())
		return lines.Err()
	}
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		server, err := debugz.Start("") // at a free port of 127.0.0.1
		if err != nil {
			return err
		}
		defer server.Close()
		_, err = loop.ToThread(ctx, func(context.Context) (loop.None, error) {
			return loop.None{}, ask(server.URL())
		}).Await(ctx)
		return err
	})
	fmt.Println(err)
	// Output:
	// loop 1: 1 task
	// <nil>
}
