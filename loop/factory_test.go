package loop_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestTaskFactory(t *testing.T) {
	boom := errors.New("boom")
	body := func(context.Context) (string, error) { return "result", nil }
	with := func(t *testing.T, f loop.TaskFactory, check func(ctx context.Context)) {
		t.Helper()
		run(t, func(ctx context.Context) {
			here(t, ctx).SetTaskFactory(f)
			check(ctx)
		})
	}
	t.Run("sees every task and may name it", func(t *testing.T) {
		var names []string
		with(t, func(_ context.Context, l *loop.Loop, spec *loop.TaskSpec) error {
			require.NotNil(t, l)
			names = append(names, spec.Name)
			spec.Name = "renamed-" + spec.Name
			return nil
		}, func(ctx context.Context) {
			a := loop.CreateTask(ctx, body)
			b := loop.CreateTask(ctx, body, loop.WithName("b"))
			require.Equal(t, []string{"", "b"}, names)
			require.Equal(t, "renamed-", a.Name())
			require.Equal(t, "renamed-b", b.Name())
			got, err := future.Gather(a, b).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, []string{"result", "result"}, got)
		})
	})
	t.Run("may wrap the body, and the result stays what it was", func(t *testing.T) {
		var trace []string
		with(t, func(_ context.Context, _ *loop.Loop, spec *loop.TaskSpec) error {
			run := spec.Run
			spec.Run = func(ctx context.Context) error {
				trace = append(trace, "before "+loop.CurrentTask(ctx).Name())
				defer func() { trace = append(trace, "after") }()
				return run(ctx)
			}
			return nil
		}, func(ctx context.Context) {
			v, err := loop.CreateTask(ctx, body, loop.WithName("t")).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "result", v)
			require.Equal(t, []string{"before t", "after"}, trace)
		})
	})
	t.Run("may turn the outcome into an error", func(t *testing.T) {
		with(t, func(_ context.Context, _ *loop.Loop, spec *loop.TaskSpec) error {
			spec.Run = func(context.Context) error { return boom }
			return nil
		}, func(ctx context.Context) {
			_, err := loop.CreateTask(ctx, body).Await(ctx)
			require.ErrorIs(t, err, boom)
		})
	})
	t.Run("may change the context", func(t *testing.T) {
		type key struct{}
		with(t, func(ctx context.Context, _ *loop.Loop, spec *loop.TaskSpec) error {
			require.Equal(t, ctx, spec.Context)
			spec.Context = context.WithValue(ctx, key{}, "traced")
			return nil
		}, func(ctx context.Context) {
			v, err := loop.CreateTask(ctx, func(ctx context.Context) (any, error) { return ctx.Value(key{}), nil }).Await(ctx)
			require.NoError(t, err)
			require.Equal(t, "traced", v)
		})
	})
	t.Run("may refuse, and the body never runs", func(t *testing.T) {
		for name, f := range map[string]loop.TaskFactory{
			"with an error":  func(context.Context, *loop.Loop, *loop.TaskSpec) error { return boom },
			"without a body": func(_ context.Context, _ *loop.Loop, spec *loop.TaskSpec) error { spec.Run = nil; return nil },
		} {
			t.Run(name, func(t *testing.T) {
				with(t, f, func(ctx context.Context) {
					task := loop.CreateTask(ctx, func(context.Context) (int, error) {
						t.Error("started")
						return 0, nil
					})
					require.True(t, task.IsDone())
					require.Error(t, task.Err())
					require.False(t, task.Cancel())
					require.Len(t, loop.AllTasks(here(t, ctx)), 1)
				})
			})
		}
	})
	t.Run("that forgets the context changes nothing", func(t *testing.T) {
		with(t, func(_ context.Context, _ *loop.Loop, spec *loop.TaskSpec) error {
			spec.Context = nil
			return nil
		}, func(ctx context.Context) {
			_, err := loop.CreateTask(ctx, body).Await(ctx)
			require.NoError(t, err)
		})
	})
}
