package loop_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// countdown returns a callback that settles a future when it has been called n times.
func countdown(l *loop.Loop, n int) (step func(), done *future.Future[none]) {
	p := future.NewOn[none](l)
	return func() {
		n--
		if n == 0 {
			_ = p.SetResult(none{})
		}
	}, p.Future()
}

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

// BenchmarkCallSoonThreadsafe: another goroutine posts as fast as it can.
func BenchmarkCallSoonThreadsafe(b *testing.B) {
	benchRun(b, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		if err != nil {
			return err
		}
		step, done := countdown(l, b.N)
		b.ResetTimer()
		go func() {
			for range b.N {
				_, _ = l.CallSoonThreadsafe(step)
			}
		}()
		_, err = done.Await(ctx)
		return err
	})
}

// BenchmarkTimers schedules and fires timers, 100,000 at a time: of one delay, as programs do,
// of a thousand, and in no order.
func BenchmarkTimers(b *testing.B) {
	for _, c := range []struct {
		name  string
		delay func(i int) time.Duration
	}{
		{"one delay", func(int) time.Duration { return 0 }},
		{"1000 delays", func(i int) time.Duration { return time.Duration(i%1000) * time.Microsecond }},
		{"no order", func(i int) time.Duration { return -time.Duration(i * 7919 % 100_000) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			benchRun(b, func(ctx context.Context) error {
				l, err := loop.FromContext(ctx)
				if err != nil {
					return err
				}
				for left := b.N; left > 0; left -= 100_000 {
					n := min(left, 100_000)
					step, done := countdown(l, n)
					for i := range n {
						if _, err := l.CallLater(c.delay(i), step); err != nil {
							return err
						}
					}
					if _, err := done.Await(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}
