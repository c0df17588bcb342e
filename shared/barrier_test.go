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

func newBarrier(t testing.TB, n int) *shared.Barrier {
	t.Helper()
	b, err := shared.NewBarrier(n)
	return closing(t, b, err)
}

func ExampleBarrier() {
	b, err := shared.NewBarrier(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()

	ctx := context.Background()
	other := make(chan int)
	go func() {
		index, _ := b.Wait(ctx)
		other <- index
	}()
	index, err := b.Wait(ctx)
	fmt.Println(index+<-other, err) // one of them is 0, the other is 1
	// Output:
	// 1 <nil>
}

func TestBarrierWithinAProcess(t *testing.T) {
	t.Run("a panic of the action breaks it", func(t *testing.T) {
		b := newBarrier(t, 1)
		require.PanicsWithValue(t, "oh", func() { _, _ = b.WaitDo(t.Context(), func() error { panic("oh") }) })
		require.True(t, b.Broken())
		require.NoError(t, b.Reset())
		require.False(t, b.Broken())
	})
	t.Run("parties of the next round wait for the action", func(t *testing.T) {
		b := newBarrier(t, 1)
		acting, goOn := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := b.WaitDo(context.Background(), func() error {
				close(acting)
				<-goOn
				return nil
			})
			must(err)
		})
		<-acting
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := b.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, shared.ErrBroken, "it had not arrived")
		close(goOn)
		wg.Wait()
		index, err := b.Wait(t.Context())
		require.NoError(t, err)
		require.Zero(t, index)
	})
	t.Run("a reset during the action breaks that round only", func(t *testing.T) {
		b := newBarrier(t, 1)
		_, err := b.WaitDo(t.Context(), b.Reset)
		require.ErrorIs(t, err, shared.ErrBroken)
		_, err = b.Wait(t.Context())
		require.NoError(t, err)
	})
	t.Run("closed", func(t *testing.T) {
		b := newBarrier(t, 2)
		got := make(chan error)
		go func() {
			_, err := b.Wait(context.Background())
			got <- err
		}()
		sleeping(t, b)
		require.NoError(t, b.Close())
		require.ErrorIs(t, <-got, shared.ErrClosed)
		_, err := b.Wait(t.Context())
		require.ErrorIs(t, err, shared.ErrClosed)
		require.ErrorIs(t, b.Abort(), shared.ErrClosed)
		require.ErrorIs(t, b.Reset(), shared.ErrClosed)
	})
	t.Run("a number of parties out of range is an error", func(t *testing.T) {
		for _, n := range []int{-1, 0, 241} {
			_, err := shared.NewBarrier(n)
			require.ErrorContains(t, err, "parties")
		}
	})
}

var barrierParty = helper("barrier party", func(c *child) {
	var b shared.Barrier
	c.decode(&b)
	c.say("ready")
	_, err := b.WaitDo(context.Background(), func() error {
		c.say("acting")
		c.hear()
		return nil
	})
	c.say("broken %v", errors.Is(err, shared.ErrBroken))
	c.hear()
})

func TestBarrierPartyDies(t *testing.T) {
	t.Run("while it waits", func(t *testing.T) {
		b := newBarrier(t, 3)
		p := start(t, barrierParty, nil, b)
		p.expect("ready")
		require.Eventually(t, func() bool { return b.Waiting() == 1 }, 5*time.Second, time.Millisecond)
		got := make(chan error)
		go func() {
			_, err := b.Wait(context.Background())
			got <- err
		}()
		require.Eventually(t, func() bool { return b.Waiting() == 2 }, 5*time.Second, time.Millisecond)
		p.kill()
		require.ErrorIs(t, <-got, shared.ErrBroken)
		_, err := b.Wait(t.Context())
		require.ErrorIs(t, err, shared.ErrBroken)
	})
	t.Run("while nobody else waits", func(t *testing.T) {
		b := newBarrier(t, 2)
		p := start(t, barrierParty, nil, b)
		p.expect("ready")
		require.Eventually(t, func() bool { return b.Waiting() == 1 }, 5*time.Second, time.Millisecond)
		p.kill()
		require.Eventually(t, b.Broken, 5*time.Second, time.Millisecond, "it stayed whole until the next Wait")
		require.Zero(t, b.Waiting())
	})
	t.Run("in its action", func(t *testing.T) {
		b := newBarrier(t, 2)
		got := make(chan error)
		go func() {
			_, err := b.Wait(context.Background())
			got <- err
		}()
		sleeping(t, b)
		p := start(t, barrierParty, nil, b)
		p.expect("ready")
		p.expect("acting")
		p.kill()
		require.ErrorIs(t, <-got, shared.ErrBroken)
	})
}
