package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines are one good command, one that leaves another process behind, one that fails and
// one that does not want to end.
var lines = []string{
	"echo one; echo two >&2",
	"sleep 100 & echo child $!; sleep 100",
	"echo fine; exit 3",
	`trap "" TERM; echo stubborn; sleep 100; echo never`,
}

func build(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are written for a Unix shell")
	}
	program := exampletest.Build(t)
	return program
}

var child = regexp.MustCompile(`child (\d+)`)

// output returns the lines that a program printed, in order, and without the number of
// the process, which it requires to be gone. The program fails, as commands have.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, append(args, lines...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	require.ErrorAs(t, cmd.Run(), new(*exec.ExitError), "%s", stderr.String())
	require.Less(t, time.Since(began), 50*time.Second, "the commands would take 100")
	require.Contains(t, stderr.String(), "some commands have failed")
	found := child.FindStringSubmatch(stdout.String())
	require.NotNil(t, found, stdout.String())
	require.Eventually(t, func() bool { return gone(found[1]) }, 10*time.Second, time.Millisecond, "the process %s was killed with its group", found[1])
	out := strings.Split(child.ReplaceAllString(strings.TrimSpace(stdout.String()), "child N"), "\n")
	slices.Sort(out)
	return strings.Join(out, "\n") + "\n"
}

// gone reports whether a process is over, where that can be seen. What was left to the
// first process of a container may stay a zombie.
func gone(pid string) bool {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}

// testdata/main.out is what Python prints, sorted; where there is a Python, it says so
// itself.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	require.Equal(t, string(recorded), output(t, build(t), "-jobs", "2", "-timeout", "2s", "-grace", "300ms"))
	if python, err := exec.LookPath("python3"); err == nil {
		require.Equal(t, string(recorded), output(t, python, "main.py", "--jobs", "2", "--timeout", "2", "--grace", "0.3"))
	}
}

func TestWhenAllIsWell(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), build(t), "echo one", "true").Output()
	require.NoError(t, err)
	require.Equal(t, "1> one\n1: echo one: ok\n2: true: ok\n", string(out))
}
