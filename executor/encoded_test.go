package executor_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var (
	encodedSum = executor.Register("encoded.sum", func(ctx context.Context, xs []int) (int, error) {
		sum := 0
		for _, x := range xs {
			sum += x
			executor.Progress(ctx, sum)
		}
		if sum < 0 {
			return 0, errors.New("less than nothing")
		}
		return sum, nil
	})
	encodedExit = executor.RegisterAction("encoded.goexit", func(context.Context) error { runtime.Goexit(); return nil })
	encodedLoad = executor.Register("encoded.load", func(_ context.Context, v *shared.Value[int64]) (int64, error) { return v.Load(), nil })
)

// relay is an executor for many machines reduced to what it needs of this package: it
// sends every job to another pool in its encoded form.
type relay struct {
	executor.Executor
	shares chan bool // what SharesMemory says of each job
}

func (relay) NeedsEncoding() bool { return true }

func (r relay) Execute(ctx context.Context, job *executor.Job) error {
	function, arg, err := job.Encode()
	r.shares <- job.SharesMemory()
	if err != nil {
		return err
	}
	if !executor.Registered(function) {
		return executor.ErrNotRegistered
	}
	if !job.Start() {
		return nil
	}
	reports := executor.WithProgress(ctx, func(report executor.Encoded) { _ = job.Report(report) })
	f, err := executor.Submit(reports, r.Executor, executor.BindEncoded(function, arg))
	if err != nil {
		return err
	}
	go func() {
		result, err := f.Await(context.WithoutCancel(ctx))
		if err != nil {
			job.Fail(executor.DecodeRemoteError(executor.EncodeRemoteError(err)))
			return
		}
		_ = job.Resolve(result)
	}()
	return nil
}

func TestBindEncoded(t *testing.T) {
	processes, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	require.NoError(t, err)
	threads, err := executor.NewThreadPool(executor.ThreadConfig{})
	require.NoError(t, err)
	for name, pool := range map[string]executor.Executor{"processes": processes, "threads": threads} {
		t.Run(name, func(t *testing.T) {
			defer func() { require.NoError(t, pool.Shutdown(context.Background())) }()
			r := relay{pool, make(chan bool, 10)}
			sum := func(ctx context.Context, xs []int) (int, error) {
				f, err := executor.Submit(ctx, r, encodedSum.Bind(xs))
				require.NoError(t, err)
				return f.Await(t.Context())
			}
			got, err := sum(t.Context(), []int{1, 2, 3})
			require.NoError(t, err)
			require.Equal(t, 6, got)

			_, err = sum(t.Context(), []int{-1})
			require.EqualError(t, err, "less than nothing")

			if name == "processes" { // a report of this process is a value
				var reports []int
				_, err = sum(executor.WithProgress(t.Context(), func(n int) { reports = append(reports, n) }), []int{1, 2, 3})
				require.NoError(t, err)
				require.Equal(t, []int{1, 3, 6}, reports)
			}
			f, err := executor.Submit(t.Context(), r, encodedExit.Bind())
			require.NoError(t, err)
			_, err = f.Await(t.Context())
			require.ErrorContains(t, err, "Goexit")

			for v, err := range executor.Map(t.Context(), r, encodedSum.Bind, func(yield func([]int) bool) { _ = yield([]int{1}) && yield([]int{2, 3}) }, executor.MapOptions{Chunk: 2}) {
				require.NoError(t, err)
				require.Contains(t, []int{1, 5}, v)
			}
		})
	}
}

func TestRegistered(t *testing.T) {
	require.True(t, executor.Registered("encoded.sum"))
	require.True(t, executor.Registered("encoded.sum[]"), "a chunk of Map")
	require.False(t, executor.Registered("encoded.product"))
	require.False(t, executor.Registered(""))
}

func TestJobSharesMemory(t *testing.T) {
	pool, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, pool.Shutdown(context.Background())) }()
	v, err := shared.NewValue[int64](5)
	require.NoError(t, err)
	defer v.Close()
	r := relay{pool, make(chan bool, 2)}
	f, err := executor.Submit(t.Context(), r, encodedLoad.Bind(v))
	require.NoError(t, err)
	got, err := f.Await(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 5, got, "on the same machine it works")
	require.True(t, <-r.shares)

	_, err = executor.Submit(t.Context(), r, encodedSum.Bind([]int{1}))
	require.NoError(t, err)
	require.False(t, <-r.shares)
}
