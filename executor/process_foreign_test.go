package executor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// nosyPool is the pool into which the methods of nosy call back, nil in workers.
var nosyPool atomic.Pointer[executor.ProcessPool]

// look does with the pool what any method of a user may do.
func look() {
	p := nosyPool.Load()
	if p == nil {
		return
	}
	_ = p.Stats()
	_ = p.Running()
	f, err := executor.Submit(context.Background(), p, pid.Bind())
	if err == nil {
		f.Cancel()
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = p.Ready(ended)
}

// nosy is a value, an error, a cause and a thing to log that calls back into the pool
// in each of its methods, and then does what How says in that method.
type nosy struct{ How string }

func (n *nosy) act(where string) { look(); misbehave(n.How, where) }

func (n *nosy) Error() string        { n.act("Error"); return "nosy" }
func (n *nosy) Unwrap() error        { n.act("Unwrap"); return nil }
func (n *nosy) Is(error) bool        { n.act("Is"); return false }
func (n *nosy) String() string       { n.act("String"); return "nosy" }
func (n *nosy) LogValue() slog.Value { n.act("LogValue"); return slog.StringValue("nosy") }
func (n *nosy) MarshalBinary() ([]byte, error) {
	n.act("MarshalBinary")
	return []byte(n.How), nil
}

func (n *nosy) UnmarshalBinary(b []byte) error {
	n.How = string(b)
	n.act("UnmarshalBinary")
	n.How = "" // errors.Is of this test calls its methods
	return nil
}

// silent is nosy without the methods of an error.
type silent struct{ nosy nosy }

func (s *silent) MarshalBinary() ([]byte, error) { return s.nosy.MarshalBinary() }
func (s *silent) UnmarshalBinary(b []byte) error { return s.nosy.UnmarshalBinary(b) }

func init() { executor.RegisterErrorType[*nosy]("test.nosy") }

var (
	nosyArgument = executor.Register("test.nosy.argument", func(_ context.Context, s silent) (string, error) { return s.nosy.How, nil })
	nosyResult   = executor.Register("test.nosy.result", func(_ context.Context, how string) (silent, error) { return silent{nosy{how}}, nil })
	nosyError    = executor.Register("test.nosy.error", func(_ context.Context, how string) (int, error) {
		return 0, fail{errors.New("first"), &nosy{how}}
	})
	nosyPanic    = executor.RegisterNoResult("test.nosy.panic", func(_ context.Context, how string) error { panic(&nosy{how}) })
	nosyProgress = executor.Register("test.nosy.progress", func(ctx context.Context, how string) (string, error) {
		executor.Progress(ctx, silent{nosy{how}})
		executor.Progress(ctx, silent{})
		return how, nil
	})
	nosyLog = executor.Register("test.nosy.log", func(_ context.Context, how string) (string, error) {
		slog.Info("a value of mine", "value", &nosy{how}, "stringer", fmt.Stringer(&nosy{strings.Replace(how, "LogValue", "String", 1)}))
		return how, nil
	})
	nosyInit = executor.RegisterNoResult("test.nosy.init", func(_ context.Context, how string) error { return &nosy{how} })
)

// requireGoesOn shows by a call that the pool goes on.
func requireGoesOn(t *testing.T, p *executor.ProcessPool, what string) {
	t.Helper()
	v, err := await(t, submit(t, p, twofold.Bind(21)))
	require.NoError(t, err, what)
	require.Equal(t, 42, v)
}

// Whatever the methods of values and errors do, in the worker and in this process:
// that call settles, and everything else goes on.
func TestProcessEveryCallSettlesWhateverMethodsDo(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(&nosyHandler{})})
	nosyPool.Store(p)
	defer nosyPool.Store(nil)
	requirePanic := func(t *testing.T, how string, err error) {
		t.Helper()
		var pe *future.PanicError
		require.ErrorAs(t, err, &pe, how)
		require.Equal(t, strings.HasPrefix(how, "Goexit"), pe.Goexit, how)
	}
	for _, what := range []string{"nothing", "panic", "Goexit"} {
		for _, where := range []string{"MarshalBinary", "UnmarshalBinary"} {
			how := what + " in " + where
			_, err := await(t, submit(t, p, nosyArgument.Bind(silent{nosy{how}})))
			if what == "nothing" {
				require.NoError(t, err)
			} else {
				requirePanic(t, how, err)
			}
			_, err = await(t, submit(t, p, nosyResult.Bind(how)))
			if what == "nothing" {
				require.NoError(t, err)
			} else {
				requirePanic(t, how, err)
			}
			requireGoesOn(t, p, how)

			var reports atomic.Int32
			ctx := executor.WithProgress(context.Background(), func(silent) { look(); reports.Add(1) })
			f, err := executor.Submit(ctx, p, nosyProgress.Bind(how))
			require.NoError(t, err)
			_, err = await(t, f)
			require.NoError(t, err)
			if what == "nothing" {
				require.EqualValues(t, 2, reports.Load())
			} else {
				require.EqualValues(t, 1, reports.Load(), "the other report comes")
			}
		}
		for _, where := range []string{"Error", "Unwrap", "Is", "MarshalBinary", "UnmarshalBinary"} {
			how := what + " in " + where
			_, err := await(t, submit(t, p, nosyError.Bind(how)))
			require.ErrorContains(t, err, "first", how)
			if what != "nothing" && !strings.HasSuffix(where, "Binary") {
				requirePanic(t, how, err)
			}
			_, err = await(t, submit(t, p, nosyPanic.Bind(how)))
			var pe *future.PanicError
			require.ErrorAs(t, err, &pe, how)
			require.False(t, pe.Goexit)
			requireGoesOn(t, p, how)
		}
		for _, where := range []string{"LogValue", "String"} {
			_, err := await(t, submit(t, p, nosyLog.Bind(what+" in "+where)))
			require.NoError(t, err, "the call that logs goes on")
			requireGoesOn(t, p, where)
		}
	}
}

// A cause of a cancellation is a value of the user too.
func TestProcessACauseMayCallBackIntoThePool(t *testing.T) {
	for _, how := range []string{"nothing", "panic in Error", "Goexit in Error", "panic in Is", "Goexit in Is", "Goexit in Unwrap"} {
		for name, cancel := range map[string]func(context.CancelCauseFunc, *future.Future[executor.None]){
			"through its context": func(end context.CancelCauseFunc, _ *future.Future[executor.None]) { end(&nosy{how}) },
			"through its future":  func(_ context.CancelCauseFunc, f *future.Future[executor.None]) { f.CancelCause(&nosy{how}) },
		} {
			p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
			nosyPool.Store(p)
			ctx, end := context.WithCancelCause(context.Background())
			f, err := executor.Submit(ctx, p, nap.Bind(time.Hour))
			require.NoError(t, err)
			runningPID(t, p)
			queued, err := executor.Submit(ctx, p, nap.Bind(time.Hour))
			require.NoError(t, err)
			cancel(end, f)
			_, err = await(t, f)
			require.Error(t, err, "%s %s", how, name)
			end(&nosy{how})
			_, err = await(t, queued)
			require.Error(t, err, "%s %s", how, name)
			requireGoesOn(t, p, how)
			nosyPool.Store(nil)
			require.NoError(t, p.Shutdown(t.Context()))
		}
	}
}

// The error of an initializer is decoded without the pool's mutex.
func TestProcessAnInitErrorMayCallBackIntoThePool(t *testing.T) {
	for _, how := range []string{"nothing", "panic in UnmarshalBinary", "Goexit in UnmarshalBinary", "Goexit in Error"} {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(&nosyHandler{}), Initializer: nosyInit.Bind(how)})
		nosyPool.Store(p)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := p.Ready(ctx)
		cancel()
		nosyPool.Store(nil)
		var ie *executor.InitError
		require.ErrorAs(t, err, &ie, how)
		require.NoError(t, p.Shutdown(t.Context()))
	}
}

// The goroutine that decodes a result works for one of the pool's own.
func TestProcessShutdownInsideAMethodOfAResult(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	shutdownIn.Store(p)
	defer shutdownIn.Store(nil)
	f := submit(t, p, closing.Bind())
	v, err := await(t, f)
	require.NoError(t, err)
	require.ErrorIs(t, v.err, executor.ErrInsideItself)
	require.NoError(t, p.Shutdown(t.Context()))
}

var shutdownIn atomic.Pointer[executor.ProcessPool]

type closes struct{ err error }

func (c *closes) MarshalBinary() ([]byte, error) { return nil, nil }
func (c *closes) UnmarshalBinary([]byte) error {
	if p := shutdownIn.Load(); p != nil {
		c.err = p.Shutdown(context.Background())
	}
	return nil
}

var closing = executor.RegisterNoArg("test.closing", func(context.Context) (*closes, error) { return &closes{}, nil })

// A nosyHandler is a logger that calls back into the pool and does not return.
type nosyHandler struct{ n atomic.Int64 }

func (h *nosyHandler) Enabled(context.Context, slog.Level) bool  { h.misbehave(); return true }
func (h *nosyHandler) Handle(context.Context, slog.Record) error { h.misbehave(); return nil }
func (h *nosyHandler) WithAttrs([]slog.Attr) slog.Handler        { return h }
func (h *nosyHandler) WithGroup(string) slog.Handler             { return h }

func (h *nosyHandler) misbehave() {
	look()
	switch h.n.Add(1) % 3 {
	case 1:
		runtime.Goexit()
	case 2:
		panic("of the logger")
	}
}
