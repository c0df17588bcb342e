package executor_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A configuration with numbers at the ends of their types either works as its doc
// says or is refused by the constructor with the name of the field.
func TestAbsurdNumbersInConfigurations(t *testing.T) {
	type setting struct {
		name string
		make func() (executor.Executor, error)
	}
	var settings []setting
	process := func(name string, cfg executor.ProcessConfig) {
		cfg.Logger, cfg.Env = quiet, []string{"GORACE=atexit_sleep_ms=0"}
		if cfg.Workers == 0 {
			cfg.Workers = 2
		}
		settings = append(settings, setting{"ProcessConfig." + name, func() (executor.Executor, error) { return executor.NewProcessPool(cfg) }})
	}
	thread := func(name string, cfg executor.ThreadConfig) {
		settings = append(settings, setting{"ThreadConfig." + name, func() (executor.Executor, error) { return executor.NewThreadPool(cfg) }})
	}
	for _, n := range []int{math.MinInt, -1, math.MaxInt, math.MaxInt - 1} {
		process(fmt.Sprint("MaxPending ", n), executor.ProcessConfig{MaxPending: n})
		process(fmt.Sprint("Prefetch ", n), executor.ProcessConfig{Prefetch: n})
		process(fmt.Sprint("Workers ", n), executor.ProcessConfig{Workers: n})
		process(fmt.Sprint("Retry ", n), executor.ProcessConfig{Retry: n})
		process(fmt.Sprint("MaxTasks ", n), executor.ProcessConfig{MaxTasks: n})
		process(fmt.Sprint("MaxRSS ", n), executor.ProcessConfig{MaxRSS: int64(n)})
		process(fmt.Sprint("MemoryLimit ", n), executor.ProcessConfig{MemoryLimit: int64(n)})
		d := time.Duration(n)
		process(fmt.Sprint("Grace ", d), executor.ProcessConfig{Grace: d})
		process(fmt.Sprint("Timeout ", d), executor.ProcessConfig{Timeout: d})
		process(fmt.Sprint("StartTimeout ", d), executor.ProcessConfig{StartTimeout: d})
		process(fmt.Sprint("IdleTimeout ", d), executor.ProcessConfig{IdleTimeout: d})
		process(fmt.Sprint("MaxAge ", d), executor.ProcessConfig{MaxAge: d})
		process(fmt.Sprint("WarnAfter ", d), executor.ProcessConfig{WarnAfter: d})
		thread(fmt.Sprint("Workers ", n), executor.ThreadConfig{Workers: n})
		thread(fmt.Sprint("MaxPending ", n), executor.ThreadConfig{MaxPending: n})
		thread(fmt.Sprint("IdleTimeout ", d), executor.ThreadConfig{IdleTimeout: d})
		thread(fmt.Sprint("WarnAfter ", d), executor.ThreadConfig{WarnAfter: d})
	}
	accepted := 0
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			ex, err := s.make()
			if err != nil {
				require.ErrorAs(t, err, new(*executor.ConfigError))
				return
			}
			accepted++
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var futures []*future.Future[int]
			for i := range 20 {
				f, err := executor.Submit(ctx, ex, twofold.Bind(i).WithPriority([]int{math.MinInt, 0, math.MaxInt}[i%3]))
				require.NoError(t, err)
				futures = append(futures, f)
			}
			for i, f := range futures {
				v, err := f.Await(ctx)
				require.NoError(t, err)
				require.Equal(t, 2*i, v)
			}
			require.NoError(t, ex.Shutdown(ctx))
		})
	}
	require.Greater(t, accepted, 20)
}

// Priorities at the ends of an int keep their order.
func TestAbsurdPriorities(t *testing.T) {
	for name, ex := range map[string]executor.Executor{
		"goroutines": newPool(t, executor.ThreadConfig{Workers: 1}),
		"processes":  newProcessPool(t, executor.ProcessConfig{Workers: 1, Prefetch: -1}),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err := executor.Submit(ctx, ex, waitsForItsContext.Bind())
			require.NoError(t, err)
			var order []int
			done := make(chan int, 5)
			priorities := []int{0, math.MinInt, math.MaxInt, -1, 1}
			for _, p := range priorities {
				f, err := executor.Submit(t.Context(), ex, twofold.Bind(0).WithPriority(p))
				require.NoError(t, err)
				f.OnDone(func() { done <- p })
			}
			cancel()
			for range priorities {
				order = append(order, <-done)
			}
			require.Equal(t, []int{math.MaxInt, 1, 0, -1, math.MinInt}, order)
		})
	}
}
