package syncs_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func ExampleLock() {
	var lock syncs.Lock
	balance := 100
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		withdraw := func(ctx context.Context) (struct{}, error) {
			return struct{}{}, lock.With(ctx, func() error {
				before := balance
				if err := loop.Sleep(ctx, time.Millisecond); err != nil { // others run meanwhile
					return err
				}
				balance = before - 30
				return nil
			})
		}
		a, b := loop.CreateTask(ctx, withdraw), loop.CreateTask(ctx, withdraw)
		if _, err := a.Await(ctx); err != nil {
			return struct{}{}, err
		}
		return b.Await(ctx)
	})
	fmt.Println(balance, err)
	// Output: 40 <nil>
}

func ExampleEvent() {
	var ready syncs.Event
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		go func() { // a plain goroutine sets what a task waits for
			fmt.Println("ready")
			ready.Set()
		}()
		err := ready.Wait(ctx)
		fmt.Println("go")
		return struct{}{}, err
	})
	fmt.Println(err)
	// Output:
	// ready
	// go
	// <nil>
}

func ExampleCondition() {
	var changed syncs.Condition
	var stock []string
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		consumer := loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, changed.With(ctx, func() error {
				if err := changed.WaitFor(ctx, func() bool { return len(stock) > 0 }); err != nil {
					return err
				}
				fmt.Println("got", stock[0])
				return nil
			})
		})
		err := changed.With(ctx, func() error {
			stock = append(stock, "tea")
			return changed.Notify(1)
		})
		if err != nil {
			return struct{}{}, err
		}
		return consumer.Await(ctx)
	})
	fmt.Println(err)
	// Output:
	// got tea
	// <nil>
}

func ExampleSemaphore() {
	connections := syncs.NewSemaphore(2)
	err := connections.With(context.Background(), func() error {
		fmt.Println(connections.TryAcquire(), connections.TryAcquire(), connections.Locked())
		return connections.Release()
	})
	fmt.Println(err, connections.Locked())
	// Output:
	// true false true
	// <nil> false
}

func ExampleBoundedSemaphore() {
	seats := syncs.NewBoundedSemaphore(1)
	fmt.Println(seats.Release())
	// Output: syncs: bounded semaphore released more often than acquired: Release belongs after an Acquire that succeeded
}

func ExampleBarrier() {
	start := syncs.NewBarrier(2)
	_, err := loop.Run(context.Background(), func(ctx context.Context) (struct{}, error) {
		runner := loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			_, err := start.Wait(ctx)
			return struct{}{}, err
		})
		number, err := start.Wait(ctx)
		fmt.Println("number", number)
		if err != nil {
			return struct{}{}, err
		}
		return runner.Await(ctx)
	})
	fmt.Println(err)
	// Output:
	// number 0
	// <nil>
}
