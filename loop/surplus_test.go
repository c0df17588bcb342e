package loop

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const burst = 100_000

// bursts are what makes the queues of a loop large.
var bursts = map[string]func(l *Loop){
	"callbacks": func(l *Loop) {
		for range burst {
			_, _ = l.CallSoon(func() {})
		}
	},
	"posts": func(l *Loop) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range burst {
				_, _ = l.CallSoonThreadsafe(func() {})
			}
		}()
		<-done
	},
	"timers of a few delays": func(l *Loop) {
		for i := range burst {
			_, _ = l.CallLater(time.Duration(i%3)*time.Millisecond, func() {})
		}
	},
	"timers of all delays": func(l *Loop) {
		for i := range burst {
			_, _ = l.CallLater(time.Duration(i*7919%burst)*time.Microsecond, func() {})
		}
	},
	"timers that are canceled": func(l *Loop) {
		for i := range burst {
			h, _ := l.CallLater(time.Duration(i*7919%burst)*time.Second, func() {})
			h.Cancel()
		}
	},
}

func TestABurstLeavesTheQueuesOfALoopSmall(t *testing.T) {
	for name, fill := range bursts {
		t.Run(name, func(t *testing.T) {
			t.Run("of one that sleeps afterwards", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					require.NoError(t, RunMain(t.Context(), func(ctx context.Context) error {
						l, err := FromContext(ctx)
						require.NoError(t, err)
						fill(l)
						require.NoError(t, Sleep(ctx, time.Hour))
						require.LessOrEqual(t, l.room(), uint64(roomy))
						return nil
					}))
				})
			})
			t.Run("of one that has some work", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					require.NoError(t, RunMain(t.Context(), func(ctx context.Context) error {
						l, err := FromContext(ctx)
						require.NoError(t, err)
						fill(l)
						for range 300 {
							require.NoError(t, Sleep(ctx, 10*time.Millisecond))
						}
						require.LessOrEqual(t, l.room(), uint64(roomy))
						return nil
					}))
				})
			})
			t.Run("of one that is driven from outside", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := New(Config{})
					defer l.Close()
					_, _ = l.CallSoon(func() { fill(l) })
					for range 300 {
						_, err := l.RunOnce()
						require.NoError(t, err)
						time.Sleep(10 * time.Millisecond)
					}
					require.LessOrEqual(t, l.room(), uint64(roomy))
				})
			})
			t.Run("of one without a timer", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := New(Config{})
					defer l.Close()
					_, _ = l.CallSoon(func() { fill(l) })
					ended := startForever(l)
					time.Sleep(time.Minute)
					synctest.Wait()
					require.LessOrEqual(t, l.room(), uint64(roomy))
					_, _ = l.CallSoonThreadsafe(l.Stop)
					require.NoError(t, <-ended)
				})
			})
		})
	}
}

func startForever(l *Loop) (ended chan error) {
	ended = make(chan error, 1)
	go func() { ended <- l.RunForever() }()
	return ended
}

func TestBurstsThatComeAgainAndAgainFindTheirRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, RunMain(t.Context(), func(ctx context.Context) error {
			l, err := FromContext(ctx)
			require.NoError(t, err)
			bursts["callbacks"](l)
			for range 50 {
				buf := &l.ready.buf[0]
				for range 5 {
					require.NoError(t, Sleep(ctx, 100*time.Millisecond))
				}
				require.Same(t, buf, &l.ready.buf[0])
				bursts["callbacks"](l)
			}
			return nil
		}))
	})
}

func TestTasksThatWaitedLeaveFewGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.NoError(t, RunMain(t.Context(), func(ctx context.Context) error {
			before := runtime.NumGoroutine()
			tasks := make([]*Task[None], 10_000)
			for i := range tasks {
				tasks[i] = CreateTask(ctx, func(ctx context.Context) (None, error) { return None{}, Sleep(ctx, time.Second) })
			}
			for _, task := range tasks {
				_, err := task.Await(ctx)
				require.NoError(t, err)
			}
			require.Less(t, runtime.NumGoroutine()-before, 2*maxIdle, "the runtime's number is not exact")
			return nil
		}))
	})
}
