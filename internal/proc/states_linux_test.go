package proc

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What /proc may hide is known of a child without it.
func TestEnded(t *testing.T) {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	require.False(t, ended(pid))
	require.NoError(t, in.Close())
	require.Eventually(t, func() bool { return ended(pid) }, 10*time.Second, time.Millisecond, "it was not waited for")
	require.NoError(t, cmd.Wait())
	require.True(t, ended(pid))
	require.True(t, sysStates.exiting(pid))
}
