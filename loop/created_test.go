package loop_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestDebugModeRemembersWhereFuturesWereMade(t *testing.T) {
	l := newLoop(t)
	require.NotContains(t, pending(l).String(), "created by")
	l.SetDebug(true)
	defer l.SetDebug(false)
	require.Regexp(t, `<Future pending created by .*TestDebugModeRemembersWhereFuturesWereMade at .*created_test.go:\d+>`,
		future.NewOn[int](l).Future().String())
}

func TestDebugModeRemembersWhereTasksWereCreated(t *testing.T) {
	l := newLoop(t)
	l.SetDebug(true)
	defer l.SetDebug(false)
	task := loop.CreateTask(l.Context(), func(context.Context) (none, error) { return none{}, nil }, loop.WithName("T"))
	require.Regexp(t, `<Task "T" pending created by .*TestDebugModeRemembersWhereTasksWereCreated at .*created_test.go:\d+>`, task.String())
	require.NoError(t, l.RunUntilComplete(task))
}

func TestDebugModeReportsWhereTheCarelessOnesWereMade(t *testing.T) {
	l := newLoop(t)
	l.SetDebug(true)
	var heard []loop.ExceptionContext
	l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) { heard = append(heard, ec) })
	loop.CreateTask(l.Context(), func(context.Context) (none, error) { return none{}, errors.New("of the task") })
	p := future.NewOn[none](l)
	soon(t, l, func() {
		_ = p.SetError(errors.New("of the future"))
		l.Stop()
	})
	require.NoError(t, l.RunForever())
	require.NoError(t, l.Close())
	require.Len(t, heard, 2)
	for _, ec := range heard {
		require.Contains(t, ec.Created, "created_test.go")
		require.Contains(t, ec.Created, "TestDebugModeReportsWhereTheCarelessOnesWereMade")
	}
}
