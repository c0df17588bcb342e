package executor_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A hooked is in the context of calls that the hook of these tests surrounds. It notes
// what the hook is told in this process.
type hooked struct {
	does string // that is wrong
	mu   sync.Mutex
	said []string
}

type hookedKey struct{}

func (h *hooked) say(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, fmt.Sprintf(format, args...))
}

// heard returns what was noted since it was asked before.
func (h *hooked) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	said := h.said
	h.said = nil
	return said
}

// insideKey is that of the value with which the hook goes on in the worker.
type insideKey struct{}

func hookMisbehaves(does, when string) {
	switch does {
	case when + " panics":
		panic("on purpose")
	case when + " exits":
		runtime.Goexit()
	}
}

var (
	_ = executor.RegisterCallHook("test.hook", executor.CallHook[string]{
		Submit: func(ctx context.Context, function string) (string, func(error), bool) {
			h, ok := ctx.Value(hookedKey{}).(*hooked)
			if !ok {
				return "", nil, false
			}
			h.say("submit %s", function)
			hookMisbehaves(h.does, "submit")
			return h.does, func(err error) {
				h.say("ended %s: %v", function, err)
				hookMisbehaves(h.does, "ended")
			}, true
		},
		Run: func(ctx context.Context, function, does string) (context.Context, func(error)) {
			hookMisbehaves(does, "run")
			inner := context.WithValue(ctx, insideKey{}, function)
			return inner, func(err error) {
				lastRun = fmt.Sprintf("%s: %v", function, err)
				hookMisbehaves(does, "worker's end")
			}
		},
	})

	// lastRun is what the hook of a worker was told last.
	lastRun string

	inside = executor.Register("test.inside", func(ctx context.Context, fail string) (string, error) {
		function, _ := ctx.Value(insideKey{}).(string)
		if fail == "panic" {
			panic("in the function")
		}
		if fail != "" {
			return function, errors.New(fail)
		}
		return function, nil
	})

	ranBefore = executor.RegisterNoArg("test.ranBefore", func(context.Context) (string, error) { return lastRun, nil })
)

func withHook(ctx context.Context, does string) (context.Context, *hooked) {
	h := &hooked{does: does}
	return context.WithValue(ctx, hookedKey{}, h), h
}

func TestACallHookSurroundsCallsOnBothSides(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	ctx, h := withHook(t.Context(), "")
	for fail, says := range map[string]string{"": "<nil>", "as it happens": "as it happens", "panic": "in the function"} {
		t.Run("the function says "+says, func(t *testing.T) {
			f, err := executor.Submit(ctx, p, inside.Bind(fail))
			require.NoError(t, err)
			settled := make(chan struct{})
			f.AddDoneCallback(func(*future.Future[string]) {
				h.say("settled")
				close(settled)
			})
			v, err := f.Await(ctx)
			<-settled
			if fail == "" {
				require.Equal(t, "test.inside", v, "the function has the context of the hook")
			}
			heard := h.heard()
			require.Len(t, heard, 3)
			require.Equal(t, "submit test.inside", heard[0])
			require.True(t, strings.HasPrefix(heard[1], "ended test.inside: "), heard[1])
			require.Contains(t, heard[1], says)
			require.Equal(t, "settled", heard[2], "the future comes after the hook")
			before, err2 := executor.Run(t.Context(), p, ranBefore.Bind())
			require.NoError(t, err2)
			require.True(t, strings.HasPrefix(before, "test.inside: "), before)
			require.Contains(t, before, says)
			require.Equal(t, fail == "", err == nil)
		})
	}
	v, err := executor.Run(t.Context(), p, inside.Bind(""))
	require.NoError(t, err)
	require.Empty(t, v, "the hook has left this call alone")
}

func TestACallHookSurroundsAChunkOfMapOnce(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	ctx, h := withHook(t.Context(), "")
	all, err := executor.Collect(executor.Map(ctx, p, inside.Bind, slices.Values(make([]string, 6)), executor.MapOptions{Chunk: 3}))
	require.NoError(t, err)
	require.Len(t, all, 6)
	heard := h.heard()
	slices.Sort(heard)
	chunk := all[0]
	require.Equal(t, []string{"ended " + chunk + ": <nil>", "ended " + chunk + ": <nil>", "submit " + chunk, "submit " + chunk}, heard)
}

func TestACallHookHearsOfEachEnd(t *testing.T) {
	ctx, h := withHook(t.Context(), "")
	ended := func(t *testing.T) string {
		var heard []string
		require.Eventually(t, func() bool { heard = append(heard, h.heard()...); return len(heard) == 2 }, patience, tick)
		return heard[1]
	}
	t.Run("the worker dies", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
		_, err := executor.Run(ctx, p, complains.Bind("oh"))
		require.ErrorAs(t, err, new(*executor.CrashError))
		require.Contains(t, ended(t), "exit")
	})
	t.Run("it is canceled before it begins", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Prefetch: -1, Grace: time.Millisecond, Logger: quiet})
		busy, err := executor.Submit(t.Context(), p, hang.Bind())
		require.NoError(t, err)
		require.Eventually(t, busy.Running, patience, tick)
		f, err := executor.Submit(ctx, p, inside.Bind(""))
		require.NoError(t, err)
		require.True(t, f.Cancel())
		require.Contains(t, ended(t), "canceled")
		busy.Cancel()
	})
	t.Run("its context ends while it waits", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Prefetch: -1, Grace: time.Millisecond, Logger: quiet})
		busy, err := executor.Submit(t.Context(), p, hang.Bind())
		require.NoError(t, err)
		require.Eventually(t, busy.Running, patience, tick)
		short, cancel := context.WithCancel(ctx)
		f, err := executor.Submit(short, p, inside.Bind(""))
		require.NoError(t, err)
		cancel()
		_, err = f.Await(t.Context())
		require.ErrorIs(t, err, context.Canceled)
		require.Contains(t, ended(t), "canceled")
		busy.Cancel()
	})
	t.Run("it is canceled while it runs, by a loop, which does not wait", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Grace: time.Millisecond, Logger: quiet})
		require.NoError(t, loop.RunMain(ctx, func(ctx context.Context) error {
			f := loop.RunInExecutor(ctx, p, hang.Bind())
			require.Eventually(t, f.Running, patience, tick)
			require.True(t, f.Cancel())
			return nil
		}))
		require.Contains(t, ended(t), "canceled")
	})
	t.Run("it cannot be encoded", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
		_, err := executor.Run(ctx, p, encodes.Bind(unmarshalable{Bad: true}))
		require.ErrorContains(t, err, "does not encode")
		require.Empty(t, h.heard(), "it never began")
	})
	t.Run("the pool refuses it", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
		require.NoError(t, p.Shutdown(t.Context()))
		_, err := executor.Submit(ctx, p, inside.Bind(""))
		require.ErrorIs(t, err, executor.ErrShutdown)
		require.Contains(t, ended(t), executor.ErrShutdown.Error())
	})
	t.Run("the pool is killed", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Prefetch: -1, Logger: quiet})
		f, err := executor.Submit(ctx, p, hang.Bind())
		require.NoError(t, err)
		require.Eventually(t, f.Running, patience, tick)
		p.Kill()
		require.NotContains(t, ended(t), "<nil>")
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

func TestACallHookThatMisbehavesHarmsNothing(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	before, err := executor.Run(t.Context(), p, pid.Bind())
	require.NoError(t, err)
	for does, says := range map[string]string{
		"submit panics": "on purpose", "submit exits": "runtime.Goexit", "run panics": "on purpose", "run exits": "Goexit",
		"ended panics": "", "ended exits": "", "worker's end panics": "", "worker's end exits": "",
	} {
		t.Run(does, func(t *testing.T) {
			ctx, h := withHook(t.Context(), does)
			_, err := executor.Run(ctx, p, inside.Bind(""))
			if says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, says)
			}
			if !strings.HasPrefix(does, "submit") {
				require.Len(t, h.heard(), 2, "it was told the end")
			}
		})
	}
	after, err := executor.Run(t.Context(), p, pid.Bind())
	require.NoError(t, err)
	require.Equal(t, before, after, "no worker came to harm")
}

func TestRegisterCallHookRefuses(t *testing.T) {
	submit := func(context.Context, string) (chan int, func(error), bool) { return nil, nil, false }
	run := func(ctx context.Context, _ string, _ chan int) (context.Context, func(error)) { return ctx, nil }
	require.PanicsWithValue(t, `executor: RegisterCallHook("test.y"): a function is nil`, func() {
		executor.RegisterCallHook("test.y", executor.CallHook[chan int]{Submit: submit})
	})
	require.Panics(t, func() { executor.RegisterCallHook("test.y", executor.CallHook[chan int]{Submit: submit, Run: run}) }, "a channel cannot travel")
	require.Panics(t, func() {
		executor.RegisterCallHook("test.tenant", executor.CallHook[int]{
			Submit: func(context.Context, string) (int, func(error), bool) { return 0, nil, false },
			Run:    func(ctx context.Context, _ string, _ int) (context.Context, func(error)) { return ctx, nil },
		})
	}, "the name is that of a context value")
}
