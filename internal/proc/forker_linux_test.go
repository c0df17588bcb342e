//go:build !asyncgo_portable

package proc

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A child that is stopped between fork and exec holds up the fork. Here it is the
// job that does not return before its child has ended.
func TestAForkThatIsHeldUpByAStoppedChildEnds(t *testing.T) {
	var f forker
	err := f.fork(func() (int, error) {
		pid, err := syscall.ForkExec("/bin/sleep", []string{"sleep", "60"}, nil)
		if err != nil {
			return 0, err
		}
		if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
			return 0, err
		}
		var status unix.WaitStatus
		_, err = unix.Wait4(pid, &status, 0, nil)
		if status.Signal() != unix.SIGKILL {
			return pid, fmt.Errorf("it ended by %v", status)
		}
		return pid, err
	})
	require.NoError(t, err, "it did not end by itself, after a minute")
	require.NotNil(t, f.thread, "for as long as there is a child")
	for pid := range f.pids {
		f.gone(pid)
	}
	require.Nil(t, f.thread)
}

func TestAForkThatFailsLeavesNoThread(t *testing.T) {
	var f forker
	require.ErrorIs(t, f.fork(func() (int, error) { return 0, unix.EAGAIN }), unix.EAGAIN)
	require.Nil(t, f.thread)
}
