//go:build linux

package executor_test

import (
	"context"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

type (
	tenantKey struct{}
	traceKey  struct{}
	wickedKey struct{}
	span      struct {
		ID    string
		Depth int
	}
)

// deed is what the functions of a wicked context value do.
type deed string

var (
	_ = executor.RegisterContextValue("test.tenant",
		func(ctx context.Context) (string, bool) { v, ok := ctx.Value(tenantKey{}).(string); return v, ok },
		func(ctx context.Context, v string) context.Context { return context.WithValue(ctx, tenantKey{}, v) })
	_ = executor.RegisterContextValue("test.trace",
		func(ctx context.Context) (span, bool) { v, ok := ctx.Value(traceKey{}).(span); return v, ok },
		func(ctx context.Context, v span) context.Context {
			return context.WithValue(ctx, traceKey{}, span{v.ID, v.Depth + 1})
		})
	_ = executor.RegisterContextValue("test.wicked",
		func(ctx context.Context) (deed, bool) {
			v, ok := ctx.Value(wickedKey{}).(deed)
			switch v {
			case "get panics":
				panic("in get")
			case "get exits":
				runtime.Goexit()
			}
			return v, ok
		},
		func(ctx context.Context, v deed) context.Context {
			switch v {
			case "set panics":
				panic("in set")
			case "set exits":
				runtime.Goexit()
			case "set forgets":
				return nil
			}
			return ctx
		})

	tenant = executor.RegisterNoArg("test.tenantOf", func(ctx context.Context) (string, error) {
		v, _ := ctx.Value(tenantKey{}).(string)
		tr, _ := ctx.Value(traceKey{}).(span)
		if tr.ID != "" {
			v += " " + tr.ID
		}
		if tr.Depth > 0 {
			v += " in another process"
		}
		return v, nil
	})
	tenantAndNumber = executor.Register("test.tenantAndNumber", func(ctx context.Context, n int) (string, error) {
		v, err := tenant.Call(ctx)
		return v + string(rune('0'+n)), err
	})
)

func TestContextValuesTravel(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	ctx := context.WithValue(t.Context(), tenantKey{}, "acme")
	ctx = context.WithValue(ctx, traceKey{}, span{ID: "4bf92f"})

	v, err := executor.Run(ctx, p, tenant.Bind())
	require.NoError(t, err)
	require.Equal(t, "acme 4bf92f in another process", v)

	v, err = executor.Run(t.Context(), p, tenant.Bind())
	require.NoError(t, err)
	require.Empty(t, v, "a call before has left nothing behind")

	v, err = executor.Run(context.WithValue(t.Context(), tenantKey{}, ""), p, tenantAndNumber.Bind(7))
	require.NoError(t, err)
	require.Equal(t, "7", v)

	all, err := executor.Collect(executor.Map(ctx, p, tenantAndNumber.Bind, slices.Values([]int{1, 2, 3}), executor.MapOptions{Chunk: 3}))
	require.NoError(t, err)
	require.Equal(t, []string{"acme 4bf92f in another process1", "acme 4bf92f in another process2", "acme 4bf92f in another process3"}, all)

	threads, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, threads.Shutdown(t.Context())) }()
	v, err = executor.Run(ctx, threads, tenant.Bind())
	require.NoError(t, err)
	require.Equal(t, "acme 4bf92f", v, "in this process it is the context itself")
}

func TestContextValuesThatMisbehaveFailTheirOwnCall(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	before, err := executor.Run(t.Context(), p, pid.Bind())
	require.NoError(t, err)
	for what, says := range map[deed]string{
		"get panics": "in get", "get exits": "runtime.Goexit", "set panics": "in set", "set exits": "Goexit", "set forgets": "returned no context",
	} {
		t.Run(string(what), func(t *testing.T) {
			f, err := executor.Submit(context.WithValue(t.Context(), wickedKey{}, what), p, tenant.Bind())
			require.NoError(t, err, "it is the future's error")
			_, err = await(t, f)
			require.ErrorContains(t, err, says)
			if what == "set panics" || what == "set exits" {
				var panicked *future.PanicError
				require.ErrorAs(t, err, &panicked)
			}
		})
	}
	after, err := executor.Run(t.Context(), p, pid.Bind())
	require.NoError(t, err)
	require.Equal(t, before, after, "no worker came to harm")
}

func TestRegisterContextValueRefuses(t *testing.T) {
	get := func(context.Context) (chan int, bool) { return nil, false }
	require.PanicsWithValue(t, `executor: RegisterContextValue("test.x"): a function is nil`, func() {
		executor.RegisterContextValue("test.x", get, nil)
	})
	require.Panics(t, func() {
		executor.RegisterContextValue("test.x", get, func(ctx context.Context, _ chan int) context.Context { return ctx })
	}, "a channel cannot travel")
	require.Panics(t, func() {
		executor.RegisterContextValue("test.tenant",
			func(context.Context) (int, bool) { return 0, false }, func(ctx context.Context, _ int) context.Context { return ctx })
	}, "the name is taken")
}
