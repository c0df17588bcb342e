package future_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

func Example() {
	p := future.New[int]()
	go func() { _ = p.SetResult(6 * 7) }()

	v, err := p.Future().Await(context.Background())
	fmt.Println(v, err)
	// Output: 42 <nil>
}

func ExampleFuture_Await_givingUp() {
	f := future.New[int]().Future() // it is never settled

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := f.Await(ctx)
	fmt.Println(err)
	fmt.Println(f.State(), "for those who have more patience")
	// Output:
	// context canceled
	// pending for those who have more patience
}

func ExampleFuture_CancelCause() {
	p := future.New[string]()
	fmt.Println(p.Future().CancelCause(errors.New("the user left")))
	fmt.Println(p.Future().Err())
	fmt.Println(errors.Is(p.Future().Err(), context.Canceled))
	fmt.Println(p.SetResult("too late"))
	// Output:
	// true
	// canceled: the user left
	// true
	// future: invalid state: already canceled
}

func ExampleFuture_AddDoneCallback() {
	p := future.New[string]()
	p.Future().AddDoneCallback(func(f *future.Future[string]) {
		v, _ := f.Result()
		fmt.Println("got", v)
	})
	_ = p.SetResult("it")
	// Output: got it
}

func ExampleFuture_Done() {
	f := future.Resolved("ready")
	select {
	case <-f.Done():
		fmt.Println(f.Result())
	default:
		fmt.Println("not yet")
	}
	// Output: ready <nil>
}

func ExamplePromise_SetRunning() {
	p := future.New[int]()
	fmt.Println(p.SetRunning(), p.Future().Cancel()) // begun: too late to call it off
	q := future.New[int]()
	fmt.Println(q.Future().Cancel(), q.SetRunning()) // called off: must not begin
	// Output:
	// true false
	// true false
}
