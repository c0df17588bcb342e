package executor_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// deafFor is work that does not care for its cancellation, and goes on for d.
func deafFor(d time.Duration) executor.Call[executor.None] {
	return executor.Action(func(context.Context) error {
		<-time.After(d)
		return nil
	}).Named("deaf")
}

// warnings returns a logger and what it was given.
func warnings() (*slog.Logger, func() []string) {
	var buf bytes.Buffer
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	log := slog.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: withoutTime}))
	return log, func() []string { return strings.FieldsFunc(buf.String(), func(r rune) bool { return r == '\n' }) }
}

func TestAShutdownSaysForWhichCanceledJobItWaits(t *testing.T) {
	for name, cancel := range map[string]func(p *executor.ThreadPool, f *future.Future[executor.None], end context.CancelFunc){
		"canceled by its future":  func(_ *executor.ThreadPool, f *future.Future[executor.None], _ context.CancelFunc) { f.Cancel() },
		"canceled by ShutdownNow": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, got := warnings()
				p, err := executor.NewThreadPool(executor.ThreadConfig{Name: "pool", Workers: 2, Logger: log})
				require.NoError(t, err)
				f := give(t, p, deafFor(18*time.Second))
				give(t, p, executor.Action(func(context.Context) error { <-time.After(17 * time.Second); return nil }).Named("asked nothing"))
				synctest.Wait()
				if cancel == nil {
					require.NoError(t, p.ShutdownNow(t.Context()))
				} else {
					cancel(p, f, nil)
					require.NoError(t, p.Shutdown(t.Context()))
				}
				var deaf []string
				for _, line := range got() {
					if strings.Contains(line, "deaf") {
						deaf = append(deaf, line)
					} else {
						require.Nil(t, cancel, line)
					}
				}
				require.Len(t, deaf, 2, "after 5 and after 15 seconds")
				for i, after := range []string{"5s", "15s"} {
					require.Regexp(t, `^level=WARN msg="executor: the shutdown of pool \\"pool\\" has waited `+after+
						` for a canceled call: \\"deaf\\", which pool_0 has run for `+after+`, was asked to end `+after+
						` ago; now it is in .*deafFor.*overdue_test\.go:\d+\) \(chan receive.*\); it must look at its context" pool=pool$`, deaf[i])
				}
			})
		})
	}
}

func TestAShutdownKnowsTheJobsWhoseContextHasEnded(t *testing.T) {
	for name, want := range map[string]string{
		"canceled": "was asked to end; now",
		"overdue":  "was asked to end 4s ago; now",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, got := warnings()
				p, err := executor.NewThreadPool(executor.ThreadConfig{Logger: log})
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(t.Context())
				if name == "overdue" {
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				}
				defer cancel()
				_, err = executor.Submit(ctx, p, deafFor(6*time.Second))
				require.NoError(t, err)
				synctest.Wait()
				if name == "canceled" {
					cancel()
				}
				require.NoError(t, p.Shutdown(t.Context()))
				require.Len(t, got(), 1)
				require.Contains(t, got()[0], want)
			})
		})
	}
}

func TestTheShutdownOfAProcessPoolSaysForWhichCanceledCallItWaits(t *testing.T) {
	t.Parallel()
	heard := make(chan string, 1)
	p := newProcessPool(t, executor.ProcessConfig{Name: "pool", Workers: 1, Grace: -1, Logger: slog.New(listener{heard})})
	f := submit(t, p, deaf.Bind(""))
	runningPID(t, p)
	f.Cancel()
	down := make(chan error, 1)
	go func() { down <- p.Shutdown(context.Background()) }()
	require.Regexp(t, `^executor: the shutdown of pool "pool" has waited \d.* for a canceled call: "test\.deaf", which .* has run for \d.*, `+
		`was asked to end \d.* ago; it runs in process \d+, which Terminate and Kill end$`, <-heard)
	p.Kill()
	require.NoError(t, <-down)
}

// A listener is a slog.Handler that passes the first message on.
type listener struct{ heard chan string }

func (l listener) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (l listener) Handle(_ context.Context, r slog.Record) error {
	select {
	case l.heard <- r.Message:
	default:
	}
	return nil
}

func (l listener) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l listener) WithGroup(string) slog.Handler      { return l }
