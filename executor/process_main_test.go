package executor_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// programs is the folder of the programs that were built, and built their paths
// by name.
var (
	programs = filepath.Join(os.TempDir(), "asyncgo-executor-test-"+strconv.Itoa(os.Getpid()))
	built    sync.Map
)

// program builds testdata/<name> once and returns the path.
func program(t *testing.T, name string) string {
	t.Helper()
	build, _ := built.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		path := filepath.Join(programs, name)
		if runtime.GOOS == "windows" {
			path += ".exe"
		}
		out, err := exec.Command("go", "build", "-tags", programTags, "-o", path, "./testdata/"+name).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return path, err
	}))
	path, err := build.(func() (string, error))()
	require.NoError(t, err)
	return path
}

func TestProgramWithoutMain(t *testing.T) {
	tests := []struct {
		how         string
		generations int // processes that got to main, at most
		says        string
	}{
		{"never", 1, "executor.Main was not called"},
		{"flags", 1, "executor.Main was called after flag.Parse"},
		{"late", 1 + 4, "reached NewProcessPool instead of executor.Main"},
		{"exits", 1 + 4, "exit code 7"},
		{"hangs", 1 + 4, "did not reach executor.Main within 200ms"},
	}
	for _, tt := range tests {
		t.Run(tt.how, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "generations")
			cmd := exec.CommandContext(t.Context(), program(t, "forgets"), tt.how)
			cmd.Env = append(os.Environ(), "GENERATIONS="+log)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			begin := time.Now()
			out, err := cmd.Output()
			require.NoError(t, err, stderr.String())
			require.Contains(t, string(out), "error:")
			require.Contains(t, string(out), tt.says)
			require.Contains(t, string(out), "executor.Main()", "the remedy")
			require.Less(t, time.Since(begin), 10*time.Second)
			lines, err := os.ReadFile(log)
			require.NoError(t, err)
			require.LessOrEqual(t, bytes.Count(lines, []byte("\n")), tt.generations)
		})
	}
}

// The whole tree of a program dies with it, whatever the workers are doing.
func TestWorkersDieWithTheirParent(t *testing.T) {
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}
	if runtime.GOOS == "windows" {
		signals = signals[:1] // there is no other
	}
	for _, sig := range signals {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program(t, "orphans"))
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			var pids []int
			for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "busy"; {
				pid, err := strconv.Atoi(lines.Text())
				require.NoError(t, err, lines.Text())
				pids = append(pids, pid)
			}
			require.Len(t, pids, 2)
			require.NoError(t, cmd.Process.Signal(sig))
			begin := time.Now()
			require.Error(t, cmd.Wait())
			for _, pid := range pids {
				require.Eventually(t, func() bool { return !runs(pid) }, time.Second, time.Millisecond)
			}
			require.Less(t, time.Since(begin), time.Second)
		})
	}
}
