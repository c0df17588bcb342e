package executor_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

var printsLines = executor.Register("test.printsLines", func(_ context.Context, n int) (int, error) {
	line := []byte(strings.Repeat("x", 1023) + "\n")
	for range n {
		if _, err := os.Stderr.Write(line); err != nil {
			return 0, err
		}
	}
	return n, nil
})

type writerFunc func(b []byte) (int, error)

func (fn *writerFunc) Write(b []byte) (int, error) { return (*fn)(b) }

// What a writer does when it is called hurts only its own output: calls go on, the
// log hears of it once, and Shutdown returns, as often as it is called.
func TestAWriterHurtsOnlyItself(t *testing.T) {
	var pool *executor.ProcessPool
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, write := range map[string]writerFunc{
		"panics":        func([]byte) (int, error) { panic("a writer panics") },
		"goexit":        func([]byte) (int, error) { runtime.Goexit(); return 0, nil },
		"fails":         func([]byte) (int, error) { return 0, io.ErrShortWrite },
		"calls back":    func(b []byte) (int, error) { pool.Stats(); return len(b), pool.Shutdown(ended) },
		"calls Running": func(b []byte) (int, error) { return len(b), fmt.Errorf("%d run", len(pool.Running())) },
	} {
		t.Run(name, func(t *testing.T) {
			var log exampletest.Buffer
			pool = newProcessPool(t, executor.ProcessConfig{Workers: 1, Stderr: &write, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			for range 3 {
				f, err := executor.Submit(t.Context(), pool, printsLines.Bind(500))
				if name == "calls back" && err != nil {
					require.ErrorIs(t, err, executor.ErrShutdown)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, 500, resultOf(t, f))
			}
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				require.NoError(t, pool.Shutdown(ctx))
				cancel()
			}
			require.Equal(t, 1, log.Count("writer is in trouble"), log.String())
		})
	}
}

// A writer that blocks stops neither the calls of its own pool nor another pool's
// output, and what it did not take is counted where it is missing.
func TestAWriterThatBlocksStopsNothing(t *testing.T) {
	open := make(chan struct{})
	var got exampletest.Buffer
	write := writerFunc(func(b []byte) (int, error) { <-open; return got.Write(b) })
	var log exampletest.Buffer
	stuck, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 2, Stderr: &write, Logger: slog.New(slog.NewTextHandler(&log, nil)), Env: []string{"GORACE=atexit_sleep_ms=0"}})
	require.NoError(t, err)
	var out exampletest.Buffer
	other := newProcessPool(t, executor.ProcessConfig{Workers: 1, Stderr: &out, Env: []string{"GORACE=atexit_sleep_ms=0"}})
	for range 2 {
		require.Equal(t, 3000, resultOf(t, give(t, stuck, printsLines.Bind(3000))))
		require.Equal(t, 10, resultOf(t, give(t, other, printsLines.Bind(10))))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, stuck.Shutdown(ctx))
	require.NoError(t, other.Shutdown(ctx))
	require.Equal(t, 20, strings.Count(out.String(), "\n"))
	require.Contains(t, log.String(), "output is dropped")
	close(open)
	account := func() (kept, dropped int) {
		for line := range strings.Lines(got.String()) {
			if n := 0; strings.HasPrefix(line, "executor: ") {
				_, err := fmt.Sscanf(line, "executor: %d bytes of the workers' output were dropped", &n)
				require.NoError(t, err, line)
				dropped += n
				continue
			}
			kept += len(line)
		}
		return kept, dropped
	}
	require.Eventually(t, func() bool {
		kept, dropped := account()
		return kept+dropped == 2*3000*1024 && dropped > 0
	}, patience, tick)
}

// Pools that have one writer do not call it at the same time.
func TestPoolsShareAWriter(t *testing.T) {
	var mu sync.Mutex
	var got bytes.Buffer
	write := writerFunc(func(b []byte) (int, error) {
		if !mu.TryLock() {
			panic("two at once")
		}
		defer mu.Unlock()
		return got.Write(b)
	})
	var pools []*executor.ProcessPool
	for range 3 {
		pools = append(pools, newProcessPool(t, executor.ProcessConfig{Workers: 2, Stderr: &write, Stdout: &write}))
	}
	for range 20 {
		for _, p := range pools {
			give(t, p, printsLines.Bind(20))
		}
	}
	for _, p := range pools {
		require.NoError(t, p.Shutdown(t.Context()))
	}
	require.Equal(t, 3*20*20, strings.Count(got.String(), strings.Repeat("x", 1023)+"\n"))
}
