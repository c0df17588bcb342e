package future_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

func ExampleGather() {
	a, b := future.New[int](), future.New[int]()
	go func() {
		_ = b.SetResult(2)
		_ = a.SetResult(1)
	}()
	fmt.Println(future.Gather(a.Future(), b.Future()).Await(context.Background()))
	// Output: [1 2] <nil>
}

func ExampleGatherOutcomes() {
	outcomes, _ := future.GatherOutcomes(
		future.Resolved(1), future.Failed[int](errors.New("broken")),
	).Await(context.Background())
	for _, o := range outcomes {
		fmt.Println(o.Value, o.Err)
	}
	// Output:
	// 1 <nil>
	// 0 broken
}

func ExampleGatherOrCancel() {
	slow := future.New[int]().Future()
	_, err := future.GatherOrCancel(slow, future.Failed[int](errors.New("broken"))).Await(context.Background())
	fmt.Println(err, slow.Canceled())
	// Output: broken true
}

func ExampleGather2() {
	name, size, err := future.Gather2(context.Background(), future.Resolved("data"), future.Resolved(512))
	fmt.Println(name, size, err)
	// Output: data 512 <nil>
}

func ExampleWait() {
	ready, never := future.Resolved("ready"), future.New[string]().Future()
	done, pending, err := future.Wait(context.Background(), []*future.Future[string]{never, ready},
		future.WaitOptions{ReturnWhen: future.FirstCompleted})
	fmt.Println(done[0] == ready, pending[0] == never, err)
	// Output: true true <nil>
}

func ExampleWaitFor() {
	never := future.New[string]().Future()
	_, err := future.WaitFor(context.Background(), never, time.Millisecond)
	fmt.Println(err)
	fmt.Println(never.Canceled())
	// Output:
	// timed out after 1ms
	// true
}

func ExampleAsCompleted() {
	slow, fast := future.New[string](), future.New[string]()
	printed := make(chan struct{}, 2)
	go func() {
		_ = fast.SetResult("fast")
		<-printed
		_ = slow.SetResult("slow")
	}()
	fs := []*future.Future[string]{slow.Future(), fast.Future()}
	for f, err := range future.AsCompleted(context.Background(), fs, time.Minute) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(f.Result())
		printed <- struct{}{}
	}
	// Output:
	// fast <nil>
	// slow <nil>
}

func ExampleShield() {
	work := future.New[string]()
	waiter := future.Shield(work.Future())
	waiter.Cancel()
	_ = work.SetResult("finished all the same")
	fmt.Println(waiter.Canceled())
	fmt.Println(work.Future().Result())
	// Output:
	// true
	// finished all the same <nil>
}
