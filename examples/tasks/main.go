// Command tasks runs two tasks at the same time on one loop, in one second.
// main.py is the original.
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func main() { loop.Main(breakfast) } // asyncio.run(breakfast())

func breakfast(ctx context.Context) error {
	first := loop.CreateTask(ctx, pour)
	second := loop.CreateTask(ctx, pour)
	cups, err := future.Gather(first, second).Await(ctx)
	fmt.Println(cups)
	return err
}

func pour(ctx context.Context) (string, error) {
	return "a cup", loop.Sleep(ctx, time.Second)
}
