package shared_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newEvent(t testing.TB) *shared.Event {
	t.Helper()
	e, err := shared.NewEvent()
	return closing(t, e, err)
}

func ExampleEvent() {
	e, err := shared.NewEvent()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()

	go e.Set()
	fmt.Println(e.Wait(context.Background()), e.IsSet())
	// Output:
	// <nil> true
}

// listened is a context that calls a function when it is asked for its end. A
// wait does so after it has seen that it must wait.
type listened struct {
	context.Context
	asked func()
}

func (l listened) Done() <-chan struct{} {
	l.asked()
	return l.Context.Done()
}

func TestEventWithinAProcess(t *testing.T) {
	t.Run("set and cleared at once, it releases those who waited", func(t *testing.T) {
		e := newEvent(t)
		for range 20 {
			var came, left sync.WaitGroup
			for range 20 {
				came.Add(1)
				left.Go(func() { must(e.Wait(listened{t.Context(), sync.OnceFunc(came.Done)})) })
			}
			came.Wait()
			e.Set()
			e.Clear()
			left.Wait()
		}
	})
	t.Run("a set event wins over a done context", func(t *testing.T) {
		e := newEvent(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, e.Wait(ctx), context.Canceled)
		e.Set()
		require.NoError(t, e.Wait(ctx))
	})
	t.Run("closed", func(t *testing.T) {
		e := newEvent(t)
		got := make(chan error)
		go func() { got <- e.Wait(context.Background()) }()
		sleeping(t, e)
		require.NoError(t, e.Close())
		require.ErrorIs(t, <-got, shared.ErrClosed)
		require.ErrorIs(t, e.Wait(t.Context()), shared.ErrClosed)
		require.PanicsWithValue(t, shared.ErrClosed, e.Set)
		require.Equal(t, "<Event closed>", e.String())
	})
}

func TestEventClosedThroughOneOfTwoHandles(t *testing.T) {
	e := newEvent(t)
	b, err := e.MarshalBinary()
	require.NoError(t, err)
	var other shared.Event
	require.NoError(t, other.UnmarshalBinary(b))
	first, second := make(chan error), make(chan error)
	go func() { first <- other.Wait(context.Background()) }()
	sleeping(t, e)
	go func() { second <- e.Wait(context.Background()) }()
	require.NoError(t, e.Close())
	require.ErrorIs(t, <-second, shared.ErrClosed)
	other.Set()
	require.NoError(t, <-first)
	require.NoError(t, other.Close())
}

var eventWaiter = helper("event waiter", func(c *child) {
	var e shared.Event
	c.decode(&e)
	c.say("waiting")
	must(e.Wait(context.Background()))
	c.say("released")
	c.hear()
})

func TestEventAcrossProcesses(t *testing.T) {
	e := newEvent(t)
	var ps []*process
	for range 3 {
		p := start(t, eventWaiter, nil, e)
		p.expect("waiting")
		ps = append(ps, p)
	}
	require.Eventually(t, func() bool { return shared.Sleepers(e) >= 1 }, 5*time.Second, time.Millisecond)
	ps[0].kill() // a dead waiter disturbs no other
	e.Set()
	for _, p := range ps[1:] {
		p.expect("released")
	}
}
