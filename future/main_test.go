package future_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none = struct{}

var errBoom = errors.New("boom")

// A queue is the smallest home of a future: what is posted to it runs when the
// test says so.
type queue struct {
	mu     sync.Mutex
	fns    []func()
	closed bool
}

func (q *queue) Post(fn func()) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return future.ErrClosed
	}
	q.fns = append(q.fns, fn)
	return nil
}

func (q *queue) IsClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// run runs what was posted until nothing is left.
func (q *queue) run() {
	for {
		q.mu.Lock()
		fns := q.fns
		q.fns = nil
		q.mu.Unlock()
		if len(fns) == 0 {
			return
		}
		for _, fn := range fns {
			fn()
		}
	}
}

// inLoop runs main as the main task of a loop.
func inLoop(t *testing.T, main func(ctx context.Context, l *loop.Loop)) {
	t.Helper()
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		l, err := loop.FromContext(ctx)
		require.NoError(t, err)
		main(ctx, l)
		return none{}, nil
	})
	require.NoError(t, err)
}
