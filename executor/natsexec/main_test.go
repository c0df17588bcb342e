//go:build linux

package natsexec_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

func TestMain(m *testing.M) {
	executor.Main()
	if played, err := play(); played {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// One thread per process shows the others that it lives, until the process
	// ends.
	locks := goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread")
	goleak.VerifyTestMain(m, locks)
}

// newPool returns a pool with a server of its own.
func newPool(t testing.TB, cfg natsexec.Config) *natsexec.Pool {
	t.Helper()
	if cfg.URL == "" && cfg.Server.Dir == "" {
		cfg.Server.Dir = t.TempDir()
	}
	p, err := natsexec.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { end(t, p.Shutdown) })
	return p
}

// newNode returns a node of p in this process; its workers are processes.
func newNode(t testing.TB, p *natsexec.Pool, cfg natsexec.NodeConfig) *natsexec.Node {
	t.Helper()
	cfg.URL, cfg.Name = p.URL(), p.Name()
	cfg.Pool.Env = append(cfg.Pool.Env, "GORACE=atexit_sleep_ms=0")
	n, err := natsexec.NewNode(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { end(t, n.Shutdown) })
	return n
}

const patience = 30 * time.Second

func end(t testing.TB, shutdown func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, shutdown(ctx))
}

func submit[R any](t testing.TB, ex executor.Executor, call executor.Call[R]) *future.Future[R] {
	t.Helper()
	f, err := executor.Submit(t.Context(), ex, call)
	require.NoError(t, err)
	return f
}

// outcome waits for f, not without an end.
func outcome[R any](t testing.TB, f *future.Future[R]) (R, error) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(t.Context()), patience, errPatience)
	defer cancel()
	v, err := f.Await(ctx)
	require.NotErrorIs(t, err, errPatience, "the future is still %v", f.State())
	return v, err
}

var errPatience = errors.New("it did not happen")

func result[R any](t testing.TB, f *future.Future[R]) R {
	t.Helper()
	v, err := outcome(t, f)
	require.NoError(t, err)
	return v
}
