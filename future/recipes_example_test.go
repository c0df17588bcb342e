package future_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// The examples of this file are the recipes of docs/reference/python-parity.md for what has
// no place in package future.

// What isfuture tells is the type of a variable. For one of any type a type assertion asks:
// for a future or task of this type of result, or for a future or task at all.
func ExampleAwaitable_isFuture() {
	ask := func(v any) {
		_, ofInt := v.(future.Awaitable[int])
		_, ofAny := v.(future.Waitable)
		fmt.Println(ofInt, ofAny)
	}
	ask(future.Resolved(42))
	ask(future.Resolved("text"))
	ask(42)
	// Output:
	// true true
	// false true
	// false false
}

// content is another name for the type: a field that is called Future would hide the method.
type content = future.Future[[]byte]

// download is what a subclass of Future is in Python: a future that knows more.
type download struct {
	*content

	URL string
}

// A struct that embeds a future has its methods, and may be given to whatever awaits futures.
func ExampleFuture_embedded() {
	ctx := context.Background()
	all := []download{
		{future.Resolved([]byte("one")), "https://example.org/1"},
		{future.Resolved([]byte("two")), "https://example.org/2"},
	}
	for d, err := range future.AsCompleted(ctx, all, time.Second) {
		body, _ := d.Result()
		fmt.Printf("%s: %s %v\n", d.URL, body, err)
	}
	both, err := future.Gather(all...).Await(ctx)
	fmt.Printf("%s %v\n", both, err)
	// Output:
	// https://example.org/1: one <nil>
	// https://example.org/2: two <nil>
	// [one two] <nil>
}
