package executor_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	twofold = executor.Register("test.twofold", func(_ context.Context, n int) (int, error) { return 2 * n, nil })

	processID = executor.RegisterNoArg("test.processID", func(context.Context) (int, error) { return os.Getpid(), nil })
)

// give submits a call that must be accepted.
func give[R any](tb testing.TB, ex executor.Executor, call executor.Call[R]) *future.Future[R] {
	tb.Helper()
	f, err := executor.Submit(tb.Context(), ex, call)
	require.NoError(tb, err)
	return f
}

// resultOf waits for f, which must have a result.
func resultOf[R any](tb testing.TB, f *future.Future[R]) R {
	tb.Helper()
	v, err := f.Await(tb.Context())
	require.NoError(tb, err)
	return v
}

// patience is how long a test waits for what must happen, looking every tick.
const (
	patience = 30 * time.Second
	tick     = time.Millisecond
)
