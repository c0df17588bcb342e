//go:build linux

package natsexec_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// The functions of the tests' calls.
var (
	double = executor.Register("t.double", func(_ context.Context, x int) (int, error) { return 2 * x, nil })
	echo   = executor.Register("t.echo", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
	hold   = executor.Register("t.hold", func(ctx context.Context, g gate) (int, error) { return g.enter(ctx) })
	die    = executor.RegisterNoResult("t.die", func(ctx context.Context, g gate) error {
		if err := g.mark("died"); err != nil {
			return err
		}
		return errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), context.Cause(ctx))
	})
	dieWithNode = executor.RegisterNoResult("t.dieWithNode", func(ctx context.Context, g gate) error {
		if err := g.mark("died"); err != nil {
			return err
		}
		return errors.Join(syscall.Kill(os.Getppid(), syscall.SIGKILL), wait(ctx))
	})
	fail   = executor.Register("t.fail", func(_ context.Context, what string) (int, error) { return 0, fmt.Errorf("t: %w: %s", errTest, what) })
	stuck  = executor.Register("t.stuck", func(_ context.Context, g gate) (int, error) { _ = g.mark("entered"); select {} })
	useRef = executor.Register("t.useRef", func(_ context.Context, v *shared.Value[int64]) (int64, error) { return v.Load(), nil })
	count  = executor.Register("t.count", func(ctx context.Context, n int) (int, error) {
		for i := range n {
			executor.Progress(ctx, i)
		}
		return n, nil
	})
	remember = executor.RegisterNoResult("t.remember", func(ctx context.Context, s string) error {
		executor.SetWorkerState(ctx, s)
		return nil
	})
	remembered = executor.RegisterNoArg("t.remembered", func(ctx context.Context) (string, error) {
		s, _ := executor.WorkerState[string](ctx)
		return s, nil
	})
)

var errTest = executor.RegisterError("t.errTest", errors.New("no luck"))

func wait(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// A gate is a folder: calls that come in leave a file with a name of their own, and stay
// until the gate is open.
type gate string

func newGate(t testing.TB) gate { return gate(t.TempDir()) }

// mark leaves a file whose name begins with what.
func (g gate) mark(what string) error {
	f, err := os.CreateTemp(string(g), what+"-"+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return err
	}
	return f.Close()
}

func (g gate) marks(what string) int {
	found, _ := filepath.Glob(filepath.Join(string(g), what+"-*"))
	return len(found)
}

func (g gate) enter(ctx context.Context) (int, error) {
	if err := g.mark("entered"); err != nil {
		return 0, err
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(filepath.Join(string(g), "open")); err == nil {
			return os.Getpid(), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, errors.Join(context.Cause(ctx), g.mark("canceled"))
		}
	}
}

func (g gate) open(t testing.TB) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(string(g), "open"), nil, 0o600))
}

// await waits until n files have been left.
func (g gate) await(t testing.TB, what string, n int) {
	t.Helper()
	eventually(t, func() bool { return g.marks(what) >= n }, "%d of %d calls have %s", g.marks(what), n, what)
}

func eventually(t testing.TB, cond func() bool, msg string, args ...any) {
	t.Helper()
	require.Eventuallyf(t, cond, patience, 5*time.Millisecond, msg, args...)
}
