package executor_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

// A falling home is one to which nothing can be posted.
type fallingHome struct{ posts chan struct{} }

func (h fallingHome) Post(func()) error {
	h.posts <- struct{}{}
	panic("no post today")
}

type statsExecutor interface {
	executor.Executor
	Stats() executor.Stats
}

// A panic of a loop of another package ends a goroutine of the pool, again and again. The
// pool goes on, the log hears of it once, and Shutdown returns nil each time.
func TestAPanicOfAPoolsGoroutineDoesNotComeUpInShutdown(t *testing.T) {
	for kind, open := range map[string]func(*slog.Logger) statsExecutor{
		"threads": func(l *slog.Logger) statsExecutor {
			return newPool(t, executor.ThreadConfig{Workers: 2, Logger: l})
		},
		"processes": func(l *slog.Logger) statsExecutor {
			return newProcessPool(t, executor.ProcessConfig{Workers: 2, Logger: l})
		},
	} {
		t.Run(kind, func(t *testing.T) {
			var log exampletest.Buffer
			p := open(slog.New(slog.NewTextHandler(&log, nil)))
			home := fallingHome{make(chan struct{}, 1)}
			for i := range 5 {
				ctx, cancel := context.WithCancel(t.Context())
				f, err := executor.SubmitTo(ctx, home, p, errOutcome.Bind())
				require.NoError(t, err)
				f.OnDone(func() {}) // not done yet, so it is a goroutine of the pool that posts
				require.Eventually(t, func() bool { return p.Stats().Running == 1 }, patience, tick)
				cancel()
				<-home.posts
				require.Equal(t, 2*i, resultOf(t, give(t, p, twofold.Bind(i))))
			}
			for range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				require.NoError(t, p.Shutdown(ctx))
				cancel()
			}
			require.Equal(t, 1, log.Count("a goroutine of a pool panicked"), log.String())
			require.Contains(t, log.String(), "no post today")
		})
	}
}
