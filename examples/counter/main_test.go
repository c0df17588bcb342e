package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run builds the example, runs it as a user would, and returns what it wrote.
func run(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	program := exampletest.Build(t)
	return output(t, program, args...)
}

func output(t *testing.T, program string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s", errs.String())
	return out.String(), errs.String()
}

func TestPrintsOne(t *testing.T) {
	stdout, _ := run(t)
	require.Equal(t, "1\n", stdout)
}

func TestManyCallsOnManyWorkers(t *testing.T) {
	stdout, stderr := run(t, "-workers", "4", "-calls", "40000")
	require.Equal(t, "40000\n", stdout, "no update is lost")
	workers := regexp.MustCompile(`(?m)^worker \d+: \d+ calls$`).FindAllString(stderr, -1)
	require.NotEmpty(t, workers, "%s", stderr)
	require.LessOrEqual(t, len(workers), 4)
}

// testdata/main.out is what Python prints; where there is a Python, it says so itself.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	ours, _ := run(t, "-workers", "2", "-calls", "50")
	require.Equal(t, strings.TrimSuffix(string(recorded), ".0\n"), strings.TrimSuffix(ours, "\n"), "Python writes every float with a point")
	if python, err := exec.LookPath("python3"); err == nil {
		theirs, stderr := output(t, python, "main.py", "--workers", "2", "--calls", "50")
		require.Equal(t, string(recorded), theirs)
		require.Contains(t, stderr, " calls\n")
	}
}
