package live

import (
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

const handleEnv = "ASYNCGO_LIVE_HANDLE"

func handDown(t *testing.T, cmd *exec.Cmd, f *os.File) {
	t.Helper()
	self := windows.CurrentProcess()
	var dup windows.Handle
	require.NoError(t, windows.DuplicateHandle(self, windows.Handle(f.Fd()), self, &dup, 0, true, windows.DUPLICATE_SAME_ACCESS))
	t.Cleanup(func() { require.NoError(t, windows.CloseHandle(dup)) })
	cmd.Env = append(cmd.Env, handleEnv+"="+strconv.FormatUint(uint64(dup), 10))
	cmd.SysProcAttr = &syscall.SysProcAttr{AdditionalInheritedHandles: []syscall.Handle{syscall.Handle(dup)}}
}

func handed() uintptr {
	n, _ := strconv.ParseUint(os.Getenv(handleEnv), 10, 64)
	return uintptr(n)
}

// The file has no second opener, and goes with the last handle.
func TestNoOtherProcessCanOpenTheFile(t *testing.T) {
	f, err := create()
	require.NoError(t, err)
	_, err = os.Open(f.Name())
	require.ErrorIs(t, err, windows.ERROR_SHARING_VIOLATION)
	require.NoError(t, f.Close())
	_, err = os.Stat(f.Name())
	require.ErrorIs(t, err, fs.ErrNotExist)
}
