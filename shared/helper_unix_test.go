//go:build unix

package shared_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The size of named memory is that of a file.
const opensWholePages = false

// handDown makes cmd inherit the file of the tree and duplicates of fds. What it returns
// is called when cmd has started.
func handDown(t testing.TB, cmd *exec.Cmd, fds []uintptr) (started func()) {
	t.Helper()
	var files []*os.File
	for _, fd := range fds {
		dup, err := syscall.Dup(int(fd))
		require.NoError(t, err)
		syscall.CloseOnExec(dup)
		files = append(files, os.NewFile(uintptr(dup), "shared"))
	}
	cmd.ExtraFiles = append(treeFiles(), files...)
	return func() {
		for _, f := range files {
			require.NoError(t, f.Close())
		}
	}
}

// handed returns the file of handle i in the helper.
func handed(i int) *os.File { return os.NewFile(uintptr(firstHandle+i), "shared") }

func killSelf() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL) }

func wasKilled(exit *exec.ExitError) bool {
	return exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}
