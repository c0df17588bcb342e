package loop_test

import (
	"context"
	"iter"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// BenchmarkSwitch compares the turn of a task with what it is made of, switches of a
// bare coroutine: a task alone goes on without one, tasks that take turns need
// them. There an operation is a turn of each.
func BenchmarkSwitch(b *testing.B) {
	b.Run("bare=iter.Pull", func(b *testing.B) {
		next, stop := iter.Pull(func(yield func(none) bool) {
			for yield(none{}) {
			}
		})
		defer stop()
		for b.Loop() {
			next()
		}
	})
	b.Run("task=alone", func(b *testing.B) {
		inTask(b, func(ctx context.Context) {
			for b.Loop() {
				_ = loop.Sleep(ctx, 0)
			}
		})
	})
	b.Run("task=in-turn", func(b *testing.B) {
		inTask(b, func(ctx context.Context) {
			over := false
			other := loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				for !over {
					_ = loop.Sleep(ctx, 0)
				}
				return none{}, nil
			})
			for b.Loop() {
				_ = loop.Sleep(ctx, 0)
			}
			over = true
			_, _ = other.Await(ctx)
		})
	})
}

// BenchmarkFutureAwait makes a future, has a later callback settle it, and awaits it.
func BenchmarkFutureAwait(b *testing.B) {
	inTask(b, func(ctx context.Context) {
		l, _ := loop.FromContext(ctx)
		b.ReportAllocs()
		for b.Loop() {
			p := future.NewOn[none](l)
			_, _ = l.CallSoon(func() { _ = p.SetResult(none{}) })
			_, _ = p.Future().Await(ctx)
		}
	})
}

// BenchmarkCreateTask creates tasks by the thousand and gathers them; an op is
// one task.
func BenchmarkCreateTask(b *testing.B) {
	empty := func(context.Context) (none, error) { return none{}, nil }
	for name, opts := range map[string][]loop.TaskOption{"scheduled": nil} {
		b.Run("start="+name, func(b *testing.B) {
			inTask(b, func(ctx context.Context) {
				b.ReportAllocs()
				all := make([]*loop.Task[none], 0, 1000)
				for b.Loop() {
					all = append(all, loop.CreateTask(ctx, empty, opts...))
					if len(all) == cap(all) {
						_, _ = future.Gather(all...).Await(ctx)
						all = all[:0]
					}
				}
				if len(all) > 0 {
					_, _ = future.Gather(all...).Await(ctx)
				}
			})
		})
	}
}

// inTask runs body as the main task of a loop.
func inTask(b *testing.B, body func(ctx context.Context)) {
	b.Helper()
	_, err := loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		body(ctx)
		return none{}, nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
