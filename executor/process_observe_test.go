//go:build linux

package executor_test

import (
	"bytes"
	"context"
	"errors"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var (
	// labels returns those of its context, and how many goroutines of the
	// worker have them in a profile.
	labels = executor.RegisterNoArg("test.labels", func(ctx context.Context) (labeled, error) {
		var l labeled
		l.Pool, _ = pprof.Label(ctx, "executor")
		l.Worker, _ = pprof.Label(ctx, "worker")
		l.Function, _ = pprof.Label(ctx, "function")
		var b bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
			return l, err
		}
		l.Goroutines = strings.Count(b.String(), "labels: {")
		l.Mine = strings.Count(b.String(), `labels: {"executor":"`+l.Pool+`", "function":"test.labels", "worker":"`+l.Worker+`"}`)
		return l, nil
	})

	traced bytes.Buffer // of a worker

	traceStart = executor.RegisterAction("test.traceStart", func(context.Context) error { return trace.Start(&traced) })

	// traceStop returns how often the names occur in the trace.
	traceStop = executor.Register("test.traceStop", func(_ context.Context, names []string) ([]int, error) {
		if !trace.IsEnabled() {
			return nil, errors.New("no trace is being recorded")
		}
		trace.Stop()
		var counts []int
		for _, name := range names {
			counts = append(counts, bytes.Count(traced.Bytes(), []byte(name)))
		}
		return counts, nil
	})
)

type labeled struct {
	Pool, Worker, Function string
	Goroutines, Mine       int
}

func TestProcessLabelsNameTheWorkOfAGoroutine(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Name: "labeled", Workers: 1, ProfileLabels: true})
	want := labeled{"labeled", "labeled_0", "test.labels", 1, 1}
	require.Equal(t, want, resultOf(t, submit(t, p, labels.Bind())))
	// A call that ends its goroutine leaves the next one no labels of its own.
	_, err := await(t, submit(t, p, goexit.Bind()))
	require.Error(t, err)
	require.Equal(t, want, resultOf(t, submit(t, p, labels.Bind())))

	plain := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	require.Zero(t, resultOf(t, submit(t, plain, labels.Bind())))
}

func TestProcessCallsAppearInAnExecutionTraceOfTheirWorker(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Name: "traced", Workers: 1})
	_, err := await(t, submit(t, p, traceStart.Bind()))
	require.NoError(t, err)
	require.Equal(t, 42, resultOf(t, submit(t, p, double.Bind(21))))
	_, err = await(t, submit(t, p, goexit.Bind()))
	require.Error(t, err)
	counts := resultOf(t, submit(t, p, traceStop.Bind([]string{"test.double", "test.goexit", "traced_0", "test.pid"})))
	require.Positive(t, counts[0])
	require.Positive(t, counts[1])
	require.Positive(t, counts[2])
	require.Zero(t, counts[3], "a function that was not called")
	require.Equal(t, 2, resultOf(t, submit(t, p, double.Bind(1))))
}
