package main_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPrintsOne(t *testing.T) {
	stdout, stderr, code := exampletest.Run(t, []string{exampletest.Build(t)})
	require.Zero(t, code, stderr)
	require.Equal(t, "1\n", stdout)
}

func TestManyCallsOnManyWorkers(t *testing.T) {
	stdout, stderr, code := exampletest.Run(t, []string{exampletest.Build(t)}, "-workers", "4", "-calls", "40000")
	require.Zero(t, code, stderr)
	require.Equal(t, "40000\n", stdout, "no update is lost")
	workers := regexp.MustCompile(`(?m)^worker \d+: \d+ calls$`).FindAllString(stderr, -1)
	require.NotEmpty(t, workers, "%s", stderr)
	require.LessOrEqual(t, len(workers), 4)
}

// testdata/main.out is what Python prints; where there is a Python, it says so itself.
// Python writes every float with a point.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	for name, command := range exampletest.Commands(t, "") {
		stdout, stderr, code := exampletest.Run(t, command, "--workers=2", "--calls=50")
		require.Zero(t, code, stderr)
		if name == "Go" {
			stdout = strings.TrimSuffix(stdout, "\n") + ".0\n"
		}
		require.Equal(t, string(recorded), stdout, name)
		require.Contains(t, stderr, " calls\n", name)
	}
}
