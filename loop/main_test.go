package loop_test

import (
	"context"
	"os"
	"os/signal"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestMain(m *testing.M) {
	// A shell without job control makes its background jobs ignore Ctrl-C, and they pass
	// that on to the programs that they start. The loops here are to hear of it.
	if signal.Ignored(os.Interrupt) && os.Getenv(ignoresVariable) == "" {
		signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	}
	goleak.VerifyTestMain(m)
}

// ignoresVariable is set in a program that is to ignore Ctrl-C.
const ignoresVariable = "ASYNCGO_TEST_LOOP_IGNORES"

type none = struct{}

// newLoop returns a loop that is closed when the test ends, and that fails the
// test for whatever its exception handler hears unless the test sets another.
func newLoop(t *testing.T) *loop.Loop {
	t.Helper()
	l := loop.New(loop.Config{ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) {
		t.Errorf("exception handler: %+v", ec)
	}})
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

// run runs main as a task and requires that it succeeds.
func run(t *testing.T, main func(ctx context.Context)) {
	t.Helper()
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		main(ctx)
		return none{}, nil
	})
	require.NoError(t, err)
}

// runsUntilGoexit runs l on a goroutine that a callback ends.
func runsUntilGoexit(t *testing.T, l *loop.Loop) {
	t.Helper()
	ended := make(chan none)
	go func() {
		defer close(ended)
		_ = l.RunForever()
		t.Error("RunForever returned to a goroutine that had ended")
	}()
	<-ended
	require.False(t, l.IsRunning())
}

func here(t *testing.T, ctx context.Context) *loop.Loop {
	t.Helper()
	l, err := loop.FromContext(ctx)
	require.NoError(t, err)
	return l
}

// soon schedules fn and requires that it was accepted.
func soon(t *testing.T, l *loop.Loop, fn func()) *loop.Handle {
	t.Helper()
	h, err := l.CallSoon(fn)
	require.NoError(t, err)
	return h
}

// pending returns a future of l that is never settled.
func pending(l *loop.Loop) *future.Future[int] { return future.NewOn[int](l).Future() }
