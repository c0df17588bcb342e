//go:build unix

package executor_test

import (
	"context"
	"io"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var losesSocket = executor.RegisterAction("test.losesSocket", func(context.Context) error {
	_ = syscall.Close(3)
	select {}
})

func TestACrashSaysThatTheControlSocketWasClosed(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Stderr: io.Discard, Logger: quiet})
	_, err := await(t, submit(t, p, losesSocket.Bind()))
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	require.Equal(t, syscall.SIGKILL, crash.Signal)
	require.ErrorContains(t, crash, "its control socket was closed")
}
