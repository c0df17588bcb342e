package loop_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func BenchmarkTimeout(b *testing.B) {
	inTask(b, func(ctx context.Context) {
		b.ReportAllocs()
		for b.Loop() {
			if err := loop.Timeout(ctx, time.Hour, long(0)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkTaskGroup(b *testing.B) {
	inTask(b, func(ctx context.Context) {
		b.ReportAllocs()
		for b.Loop() {
			err := group(ctx, func(_ context.Context, g *loop.TaskGroup) error {
				for range 10 {
					g.Go(long(0))
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGather(b *testing.B) {
	inTask(b, func(ctx context.Context) {
		b.ReportAllocs()
		tasks := make([]*loop.Task[int], 10)
		for b.Loop() {
			for i := range tasks {
				tasks[i] = loop.CreateTask(ctx, sleeper(0, i))
			}
			if _, err := future.Gather(tasks...).Await(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkWaitFor(b *testing.B) {
	inTask(b, func(ctx context.Context) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := future.WaitFor(ctx, loop.CreateTask(ctx, sleeper(0, 1)), time.Hour); err != nil {
				b.Fatal(err)
			}
		}
	})
}
