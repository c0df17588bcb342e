package shared_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/live"
)

const handlesEnv = "ASYNCGO_SHARED_HANDLES"

// The system keeps the size of a section in pages.
const opensWholePages = true

// handDown makes cmd inherit the file of the tree and duplicates of handles. What it
// returns is called when cmd has started.
func handDown(t testing.TB, cmd *exec.Cmd, handles []uintptr) (started func()) {
	t.Helper()
	tree, err := live.File()
	require.NoError(t, err)
	var dups []syscall.Handle
	var numbers []string
	for _, h := range append([]uintptr{tree.Fd()}, handles...) {
		var dup windows.Handle
		self := windows.CurrentProcess()
		require.NoError(t, windows.DuplicateHandle(self, windows.Handle(h), self, &dup, 0, true, windows.DUPLICATE_SAME_ACCESS))
		dups = append(dups, syscall.Handle(dup))
		numbers = append(numbers, strconv.FormatUint(uint64(dup), 10))
	}
	cmd.Env = append(cmd.Env, handlesEnv+"="+strings.Join(numbers, ","))
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.AdditionalInheritedHandles = dups
	return func() {
		for _, h := range dups {
			require.NoError(t, windows.CloseHandle(windows.Handle(h)))
		}
	}
}

func inherited(i int) uintptr {
	n, err := strconv.ParseUint(strings.Split(os.Getenv(handlesEnv), ",")[i], 10, 64)
	must(err)
	return uintptr(n)
}

func adoptTree() { live.Adopt(inherited(0)) }

// handed returns the file of handle i in the helper.
func handed(i int) *os.File { return os.NewFile(inherited(i+1), "shared") }

// killed is the exit code of a process that was ended by force, as the tests do it.
const killed = 1

func killSelf() { _ = windows.TerminateProcess(windows.CurrentProcess(), killed) }

func wasKilled(exit *exec.ExitError) bool { return exit.ExitCode() == killed }
