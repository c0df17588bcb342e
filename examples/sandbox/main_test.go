//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func build(t *testing.T) string {
	t.Helper()
	program := exampletest.Build(t)
	return program
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "testdata", &out, &errs
	require.NoError(t, cmd.Run(), "%s", errs.String())
	require.Empty(t, errs.String())
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	require.Less(t, int64(usage.Maxrss), int64(512<<10), "KiB of the largest of its processes")
	return out.String()
}

// The trouble comes first, so that what follows shows that it did no harm.
var files = []string{"spin.star", "hog.star", "fail.star", "nothing.star", "primes.star", "hog.star", "last.star"}

// testdata/main.out is what Python prints; where there is a Python, it says so itself.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	require.Equal(t, string(recorded), output(t, build(t), append([]string{"-workers", "2", "-timeout", "5s", "-memory", "80"}, files...)...))
	if python, err := exec.LookPath("python3"); err == nil {
		require.Equal(t, string(recorded), output(t, python, append([]string{"../main.py", "--workers", "2", "--timeout", "5", "--memory", "80"}, files...)...))
	}
}

// In Python each of these is an exception of another name.
func TestWhatElseEndsAProgram(t *testing.T) {
	dir := t.TempDir()
	write := func(name, source string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(source), 0o600))
		return path
	}
	deep := write("deep.star", "def f(n):\n    return 1 + f(n)\nresult = f(1)\n")
	open := write("open.star", "result = open('/etc/passwd')\n")
	broken := write("broken.star", "result = (\n")
	require.Equal(t, deep+": killed: it wanted too much memory\n"+
		open+": failed: "+open+":1:10: undefined: open\n"+
		broken+": failed: "+broken+":2:1: got end of file, want primary expression\n",
		output(t, build(t), "-timeout", "1m", "-memory", "80", deep, open, broken))
}
