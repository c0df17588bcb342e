//go:build linux

package executor_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestAProcessPoolsLoggerHearsOfEveryCall(t *testing.T) {
	var log lines
	p := newProcessPool(t, executor.ProcessConfig{
		Name: "logged", Workers: 1,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	_, err := await(t, submit(t, p, double.Bind(1).Named("good")))
	require.NoError(t, err)
	_, err = await(t, submit(t, p, fails.Bind("bad luck")))
	require.Error(t, err)
	require.NoError(t, p.Shutdown(t.Context()))
	require.Equal(t, 1, log.count(`"job completed" executor=logged worker=logged_0 pid=`))
	require.Equal(t, 1, log.count("function=good"))
	require.Equal(t, 1, log.count(`"job failed"`))
	require.Equal(t, 1, log.count("bad luck"))
}

// A handler that panics is the program's mistake; it must cost no result.
func TestAProcessPoolSurvivesItsLogger(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: slog.New(panicking{slog.NewTextHandler(io.Discard, nil)})})
	for i := range 20 {
		v, err := await(t, submit(t, p, double.Bind(i)))
		require.NoError(t, err)
		require.Equal(t, 2*i, v)
	}
}

type panicking struct{ slog.Handler }

func (panicking) Enabled(context.Context, slog.Level) bool { return true }

func (panicking) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelDebug {
		panic("no paper")
	}
	return nil
}
