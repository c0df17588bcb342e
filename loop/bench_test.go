package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// benchRun runs body as a task and requires that it succeeds.
func benchRun(b *testing.B, body func(ctx context.Context) error) {
	b.Helper()
	b.ReportAllocs()
	_, err := loop.Run(b.Context(), func(ctx context.Context) (none, error) {
		return none{}, body(ctx)
	})
	require.NoError(b, err)
}

func BenchmarkCallSoonChain(b *testing.B) {
	benchRun(b, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		if err != nil {
			return err
		}
		done := future.NewOn[none](l)
		left := b.N
		var step func()
		step = func() {
			left--
			if left == 0 {
				_ = done.SetResult(none{})
				return
			}
			_, _ = l.CallSoon(step)
		}
		b.ResetTimer()
		_, _ = l.CallSoon(step)
		_, err = done.Future().Await(ctx)
		return err
	})
}

func BenchmarkTaskSwitch(b *testing.B) {
	benchRun(b, func(ctx context.Context) error {
		for b.Loop() {
			if err := loop.Sleep(ctx, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkCreateTaskGather(b *testing.B) {
	empty := func(context.Context) (none, error) { return none{}, nil }
	benchRun(b, func(ctx context.Context) error {
		for left := b.N; left > 0; left -= 1000 {
			all := make([]*loop.Task[none], min(left, 1000))
			for i := range all {
				all[i] = loop.CreateTask(ctx, empty)
			}
			if _, err := future.Gather(all...).Await(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkTimerScheduleCancel(b *testing.B) {
	benchRun(b, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		if err != nil {
			return err
		}
		for i := 0; b.Loop(); i++ {
			h, err := l.CallLater(time.Duration(1000+i%97)*time.Second, func() {})
			if err != nil {
				return err
			}
			h.Cancel()
			if i%1000 == 999 {
				if err := loop.Sleep(ctx, 0); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func BenchmarkExecutorSequential(b *testing.B) {
	benchRun(b, func(ctx context.Context) error {
		for b.Loop() {
			_, err := loop.ToThread(ctx, func(context.Context) (none, error) { return none{}, nil }).Await(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkRun is the cost of a whole run: loop, main task, end.
func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := loop.Run(b.Context(), func(context.Context) (none, error) { return none{}, nil })
		require.NoError(b, err)
	}
}
