package executor_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/executortest"
)

func TestThreadPoolPassesTheSuite(t *testing.T) {
	executortest.Run(t, func(t *testing.T) executor.Executor {
		p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: 3})
		require.NoError(t, err)
		return p
	})
}

func TestProcessPoolPassesTheSuite(t *testing.T) {
	executortest.Run(t, func(t *testing.T) executor.Executor {
		p, err := executor.NewProcessPool(executor.ProcessConfig{
			Workers: 2,
			// Under the race detector a process sleeps a second before it exits.
			Env: []string{"GORACE=atexit_sleep_ms=0"},
		})
		require.NoError(t, err)
		return p
	})
}
