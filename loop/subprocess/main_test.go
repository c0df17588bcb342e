package subprocess_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "as" {
		os.Exit(children[os.Args[2]](os.Args[3:]))
	}
	// A child with the race detector would sleep for a second when it exits.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := findLeft(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
		os.Exit(code)
	}))
}

// findLeft looks for processes and pipes that the tests have left behind, where that
// can be seen.
var findLeft = func() error { return nil }

type scene = looptest.Scene

// onLoop runs main as a task on a loop and requires that nothing was reported.
func onLoop(t *testing.T, main func(s *scene)) {
	t.Helper()
	var mu sync.Mutex
	var reports []loop.ExceptionContext
	cfg := loop.Config{ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, ec)
	}}
	_, err := loop.RunWith(t.Context(), cfg, func(ctx context.Context) (struct{}, error) {
		main(&scene{T: t, Ctx: ctx, L: loop.Current(ctx)})
		return struct{}{}, nil
	})
	require.NoError(t, err)
	require.Empty(t, reports)
}

// run starts a child.
func run(ctx context.Context, s *scene, opts subprocess.Options, child string, args ...string) *subprocess.Process {
	s.Helper()
	name, all := as(child, args...)
	p, err := subprocess.Exec(ctx, opts, name, all...)
	s.OK(err)
	return p
}

// exits requires that p exits with code.
func exits(s *scene, p *subprocess.Process, code int) {
	s.Helper()
	got, err := p.Wait(s.Ctx)
	s.OK(err)
	require.Equal(s.T, code, got)
}

// pipes are the usual options.
var pipes = subprocess.Options{Stdin: subprocess.Pipe, Stdout: subprocess.Pipe}

// ready waits until a child says that it is.
func ready(s *scene, p *subprocess.Process) {
	s.Helper()
	line, err := p.Stdout.ReadLine(s.Ctx)
	s.OK(err)
	require.Equal(s.T, "ready\n", string(line))
}
