package executor_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	pid = executor.RegisterNoArg("test.pid", func(context.Context) (int, error) { return os.Getpid(), nil })

	double = executor.Register("test.double", func(_ context.Context, n int) (int, error) { return 2 * n, nil })

	size = executor.Register("test.size", func(_ context.Context, b []byte) (int, error) { return len(b), nil })

	blob = executor.Register("test.blob", func(_ context.Context, n int) ([]byte, error) {
		return bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n], nil
	})

	echoLong = executor.Register("test.echoLong", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })

	nap = executor.Register("test.nap", func(ctx context.Context, d time.Duration) (executor.None, error) {
		select {
		case <-time.After(d):
			return executor.None{}, nil
		case <-ctx.Done():
			return executor.None{}, context.Cause(ctx)
		}
	})

	hang = executor.RegisterAction("test.hang", func(context.Context) error { select {} })

	dieBy = executor.RegisterNoResult("test.dieBy", func(_ context.Context, sig int) error {
		dieOf(syscall.Signal(sig))
		select {}
	})

	exitWith = executor.RegisterNoResult("test.exitWith", func(_ context.Context, code int) error {
		os.Exit(code)
		return nil
	})

	goexit = executor.RegisterAction("test.goexit", func(context.Context) error {
		runtime.Goexit()
		return nil
	})

	panics = executor.RegisterNoResult("test.panics", func(_ context.Context, s string) error { panic(s) })

	fails = executor.RegisterNoResult("test.fails", func(_ context.Context, s string) error { return errors.New(s) })
)

func newProcessPool(t testing.TB, cfg executor.ProcessConfig) *executor.ProcessPool {
	t.Helper()
	if b, ok := t.(*testing.B); ok {
		executor.WithoutContextValues(b)
	}
	p, err := executor.NewProcessPool(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
			p.Kill()
			_ = p.Shutdown(context.Background())
		}
	})
	return p
}

func submit[R any](t testing.TB, p executor.Executor, call executor.Call[R]) *future.Future[R] {
	t.Helper()
	f, err := executor.Submit(context.Background(), p, call)
	require.NoError(t, err)
	return f
}

// await waits for f, and fails the test if that takes suspiciously long.
func await[R any](t testing.TB, f *future.Future[R]) (R, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	v, err := f.Await(ctx)
	require.True(t, f.IsDone(), "the future was not settled in time")
	return v, err
}

// promptly is how long a future may take to fail after its worker has died. The
// race detector makes everything ten times slower.
var promptly = 100 * time.Millisecond

// requirePromptly requires that what step measures takes less than promptly, once in
// ten times at least: on a busy machine anything takes longer now and then.
func requirePromptly(t *testing.T, step func() time.Duration) {
	t.Helper()
	fastest := step()
	for i := 1; i < 10 && fastest >= promptly; i++ {
		fastest = min(fastest, step())
	}
	require.Less(t, fastest, promptly)
}

func TestProcessCall(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2})
	v, err := await(t, submit(t, p, double.Bind(21)))
	require.NoError(t, err)
	require.Equal(t, 42, v)
	worker, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	require.NotEqual(t, os.Getpid(), worker)
}

func TestProcessLargeArgumentAndResult(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	for _, n := range []int{0, 1, 32 << 10, 256 << 10, 1 << 20, 5<<20 + 3, 40 << 20} {
		got, err := await(t, submit(t, p, size.Bind(make([]byte, n))))
		require.NoError(t, err)
		require.Equal(t, n, got)
		b, err := await(t, submit(t, p, blob.Bind(n)))
		require.NoError(t, err)
		require.Len(t, b, n)
	}
}

func TestProcessManyCalls(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 3})
	const n = 20000
	futures := make([]*future.Future[int], n)
	for i := range futures {
		futures[i] = submit(t, p, double.Bind(i))
	}
	for i, f := range futures {
		v, err := await(t, f)
		require.NoError(t, err)
		require.Equal(t, 2*i, v)
	}
	require.EqualValues(t, n, p.Stats().Completed)
}

func TestProcessCrashFailsOneCall(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 2})
	requirePromptly(t, func() time.Duration {
		_, err := await(t, submit(t, p, pid.Bind())) // a worker is there
		require.NoError(t, err)
		begin := time.Now()
		_, err = await(t, submit(t, p, dieBy.Bind(int(syscall.SIGKILL))))
		took := time.Since(begin)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, syscall.SIGKILL, crash.Signal)
		require.Equal(t, "test.dieBy", crash.Function)
		after, err := await(t, submit(t, p, pid.Bind()))
		require.NoError(t, err)
		require.NotEqual(t, crash.PID, after)
		return took
	})
}

// A long []byte is handed over and not copied again on its way; each is its
// receiver's own all the same.
func TestProcessLongBytesAreTheReceivers(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	const n = 3 << 20
	first, err := await(t, submit(t, p, blob.Bind(n)))
	require.NoError(t, err)
	second, err := await(t, submit(t, p, blob.Bind(n)))
	require.NoError(t, err)
	require.Equal(t, first, second)
	clear(first)
	third, err := await(t, submit(t, p, blob.Bind(n)))
	require.NoError(t, err)
	require.Equal(t, second, third)
	require.Equal(t, n, cap(third), "append must not write behind it")
	arg := bytes.Repeat([]byte("x"), n)
	echoed := submit(t, p, echoLong.Bind(arg))
	clear(arg) // Submit has a copy
	back, err := await(t, echoed)
	require.NoError(t, err)
	require.Equal(t, bytes.Repeat([]byte("x"), n), back)
}
