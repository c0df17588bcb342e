package shared_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// closing closes v at the end of the test.
func closing[T interface{ Close() error }](t testing.TB, v T, err error) T {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	return v
}

func newSemaphore(t testing.TB, n int) *shared.Semaphore {
	t.Helper()
	s, err := shared.NewSemaphore(n)
	return closing(t, s, err)
}

func newBounded(t testing.TB, n int) *shared.BoundedSemaphore {
	t.Helper()
	s, err := shared.NewBoundedSemaphore(n)
	return closing(t, s, err)
}

// acquirer is what both semaphores can do.
type acquirer interface {
	Acquire(ctx context.Context) error
	TryAcquire() (bool, error)
	Release() error
	Value() int
}

func try(t testing.TB, s interface{ TryAcquire() (bool, error) }) bool {
	t.Helper()
	ok, err := s.TryAcquire()
	require.NoError(t, err)
	return ok
}

// sleeping waits until a thread sleeps in the kernel for v.
func sleeping(t testing.TB, v any) {
	t.Helper()
	require.Eventually(t, func() bool { return shared.Sleepers(v) > 0 }, 5*time.Second, 100*time.Microsecond)
}

func ExampleBoundedSemaphore() {
	s, err := shared.NewBoundedSemaphore(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	fmt.Println(s.Acquire(context.Background()))
	fmt.Println(s.TryAcquire())
	fmt.Println(s.Release())
	fmt.Println(errors.Is(s.Release(), shared.ErrNotAcquired))
	// Output:
	// <nil>
	// false <nil>
	// <nil>
	// true
}

func ExampleSemaphore() {
	arrived, err := shared.NewSemaphore(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer arrived.Close()

	go func() { _ = arrived.Release() }()
	fmt.Println(arrived.Acquire(context.Background()))
	// Output:
	// <nil>
}

// takeBoth takes the two units of s.
func takeBoth(t *testing.T, s acquirer) {
	t.Helper()
	for range 2 {
		require.True(t, try(t, s))
	}
}

func TestSemaphores(t *testing.T) {
	makers := map[string]func(t *testing.T) acquirer{
		"plain":   func(t *testing.T) acquirer { return newSemaphore(t, 2) },
		"bounded": func(t *testing.T) acquirer { return newBounded(t, 2) },
	}
	for name, setup := range makers {
		t.Run(name, func(t *testing.T) {
			t.Run("a deadline ends the wait and takes nothing", func(t *testing.T) {
				s := setup(t)
				takeBoth(t, s)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
				defer cancel()
				require.ErrorIs(t, s.Acquire(ctx), context.DeadlineExceeded)
				require.NoError(t, s.Release())
				require.Equal(t, 1, s.Value())
			})
			t.Run("a hundred waiters get their turn", func(t *testing.T) {
				s := setup(t)
				var wg sync.WaitGroup
				for range 100 {
					wg.Go(func() {
						must(s.Acquire(context.Background()))
						must(s.Release())
					})
				}
				wg.Wait()
				require.Equal(t, 2, s.Value())
			})
			t.Run("canceling some of the waiters does not lose the others", func(t *testing.T) {
				s := setup(t)
				takeBoth(t, s)
				var wg sync.WaitGroup
				for i := range 50 {
					wg.Go(func() {
						ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*time.Millisecond/5)
						defer cancel()
						_ = s.Acquire(ctx)
					})
				}
				got := make(chan error)
				go func() { got <- s.Acquire(context.Background()) }()
				sleeping(t, s)
				wg.Wait()
				require.NoError(t, s.Release())
				require.NoError(t, <-got)
			})
			t.Run("closing wakes waiters", func(t *testing.T) {
				s := setup(t)
				takeBoth(t, s)
				got := make(chan error)
				go func() { got <- s.Acquire(context.Background()) }()
				sleeping(t, s)
				require.NoError(t, s.(interface{ Close() error }).Close())
				require.ErrorIs(t, <-got, shared.ErrClosed)
				_, err := s.TryAcquire()
				require.ErrorIs(t, err, shared.ErrClosed)
				require.PanicsWithValue(t, shared.ErrClosed, func() { s.Value() })
			})
		})
	}
	t.Run("numbers out of range are errors", func(t *testing.T) {
		_, err := shared.NewSemaphore(-1)
		require.ErrorContains(t, err, "-1 units")
		_, err = shared.NewBoundedSemaphore(0)
		require.ErrorContains(t, err, "0 units")
		_, err = shared.NewBoundedSemaphore(241)
		require.ErrorContains(t, err, "from 1 to 240")
	})
}

var boundedTaker = helper("bounded taker", func(c *child) {
	var s shared.BoundedSemaphore
	c.decode(&s)
	must(s.Acquire(context.Background()))
	c.say("taken %d", s.Value())
	c.hear()
	must(s.Release())
	c.say("given %d", s.Value())
	c.hear()
})

func TestBoundedSemaphoreAcrossProcesses(t *testing.T) {
	t.Run("units of the dead come back", func(t *testing.T) {
		s := newBounded(t, 2)
		first := start(t, boundedTaker, nil, s)
		first.expect("taken 1")
		second := start(t, boundedTaker, nil, s)
		second.expect("taken 0")
		got := make(chan error)
		go func() { got <- s.Acquire(context.Background()) }()
		sleeping(t, s)
		begin := time.Now()
		first.kill()
		require.NoError(t, <-got)
		require.Less(t, time.Since(begin), time.Second)
		second.tell("release")
		second.expect("given 1")
		require.NoError(t, s.Release())
		require.Equal(t, 2, s.Value())
	})
	t.Run("another process may release", func(t *testing.T) {
		s := newBounded(t, 1)
		p := start(t, boundedTaker, nil, s)
		p.expect("taken 0")
		require.NoError(t, s.Release())
		require.ErrorIs(t, s.Release(), shared.ErrNotAcquired)
		require.True(t, try(t, s))
		p.kill()
		require.False(t, try(t, s))
		require.NoError(t, s.Release())
	})
}
