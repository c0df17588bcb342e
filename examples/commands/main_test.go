//go:build unix

package main

import (
	"fmt"
	"os"
	"regexp"
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

var child = regexp.MustCompile(`child (\d+)`)

// output returns the lines that a program printed, in order, and without the number of
// the process, which it requires to be gone. The program fails, as commands have.
func output(t *testing.T, command []string, args ...string) string {
	t.Helper()
	began := time.Now()
	stdout, stderr, code := exampletest.Run(t, command, append(args, lines...)...)
	require.Equal(t, 1, code, stderr)
	require.Less(t, time.Since(began), 50*time.Second, "the commands would take 100")
	require.Contains(t, stderr, "some commands have failed")
	found := child.FindStringSubmatch(stdout)
	require.NotNil(t, found, stdout)
	require.Eventually(t, func() bool { return gone(found[1]) }, 10*time.Second, time.Millisecond, "the process %s was killed with its group", found[1])
	out := strings.Split(child.ReplaceAllString(strings.TrimSpace(stdout), "child N"), "\n")
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
	for name, command := range exampletest.Commands(t, "") {
		times := map[string][]string{"Go": {"--timeout=2s", "--grace=300ms"}, "Python": {"--timeout=2", "--grace=0.3"}}[name]
		require.Equal(t, string(recorded), output(t, command, append(times, "--jobs=2")...), name)
	}
}

func TestWhenAllIsWell(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		require.Equal(t, "1> one\n1: echo one: ok\n2: true: ok\n", exampletest.Prints(t, command, "--jobs=1", "echo one", "true"), name)
	}
}
