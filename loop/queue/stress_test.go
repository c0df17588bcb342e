package queue_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

// sometimes returns a context that is canceled, in one of three cases, at a moment
// that is not known.
func sometimes(ctx context.Context) (context.Context, context.CancelFunc) {
	limit, cancel := context.WithCancel(ctx)
	if rand.IntN(3) == 0 {
		go cancel()
	}
	return limit, cancel
}

// TestNoItemIsLostUnderCancellation puts and gets from tasks of two loops and from
// goroutines. An item whose put returned nil is got once, whatever is canceled
// meanwhile; one whose put was canceled is never seen.
func TestNoItemIsLostUnderCancellation(t *testing.T) {
	kinds(t, func(t *testing.T, make func(int) *queue.Queue[int]) {
		const puts = 200 // of each caller
		q := make(2)
		var balance sync.Map // item to *atomic.Int32
		count := func(item int, by int32) {
			n, _ := balance.LoadOrStore(item, new(atomic.Int32))
			n.(*atomic.Int32).Add(by)
		}
		var next, kept, dropped atomic.Int64
		var putters, getters sync.WaitGroup
		everywhere(&getters, 3, func(ctx context.Context) {
			for {
				limit, cancel := sometimes(ctx)
				item, err := q.Get(limit)
				cancel()
				switch {
				case err == nil:
					count(item, -1)
				case errors.Is(err, queue.ErrShutdown):
					return
				}
			}
		})
		everywhere(&putters, 3, func(ctx context.Context) {
			for i := range puts {
				item := int(next.Add(1))
				limit, cancel := sometimes(ctx)
				if q.Put(limit, item) == nil {
					kept.Add(1)
					count(item, 1)
				} else {
					dropped.Add(1)
				}
				cancel()
				if i%8 == 0 && loop.Sleep(ctx, 0) != nil {
					return
				}
			}
		})
		putters.Wait()
		q.Shutdown(false)
		getters.Wait()
		balance.Range(func(item, n any) bool {
			require.Zero(t, n.(*atomic.Int32).Load(), "item %v", item)
			return true
		})
		require.EqualValues(t, 9*puts, kept.Load()+dropped.Load())
		require.NotContains(t, q.String(), "ers[", "nobody is left in a line")
		t.Logf("%d kept, %d dropped", kept.Load(), dropped.Load())
	})
}
