package executor_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// guest is an executor of another package.
type guest struct {
	executor.Executor
	inside  bool
	untrack func()
	closed  int
}

func (g *guest) Inside() bool { return g.inside }

func (g *guest) Shutdown(context.Context) error {
	g.closed++
	if g.inside {
		return executor.ErrInsideItself
	}
	g.untrack()
	return nil
}

func TestTrack(t *testing.T) {
	g := &guest{inside: true}
	g.untrack = executor.Track(g)
	require.ErrorIs(t, executor.CloseAll(t.Context()), executor.ErrInsideItself)
	g.inside = false
	require.NoError(t, executor.CloseAll(t.Context()))
	require.Equal(t, 2, g.closed)
	require.NoError(t, executor.CloseAll(t.Context()))
	require.Equal(t, 2, g.closed, "it is tracked no more")
	g.untrack()
}
