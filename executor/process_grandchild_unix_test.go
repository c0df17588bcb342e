//go:build unix

package executor_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// forks leaves a child behind that holds all of the worker's descriptors.
var forks = executor.RegisterNoArg("test.forks", func(context.Context) (int, error) {
	cmd := exec.Command("sleep", "2")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return cmd.Process.Pid, nil
})

func TestProcessGrandchildDoesNotHideADeath(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet, Stderr: io.Discard, Stdout: io.Discard})
	requirePromptly(t, func() time.Duration {
		child, err := await(t, submit(t, p, forks.Bind()))
		require.NoError(t, err)
		defer func() { _ = killProcess(child) }()
		begin := time.Now()
		_, err = await(t, submit(t, p, exitWith.Bind(1)))
		took := time.Since(begin)
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.True(t, runs(child), "it still holds the worker's output")
		return took
	})
}
