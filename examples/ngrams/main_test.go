package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// testdata/license.out is what Python prints for the license of this module. Where there
// is a Python, it says so itself, and both count a larger text.
func TestCountsAsPythonDoes(t *testing.T) {
	program := exampletest.Build(t)
	recorded, err := os.ReadFile("testdata/license.out")
	require.NoError(t, err)
	license := filepath.Join("..", "..", "LICENSE")
	require.Equal(t, string(recorded), output(t, program, "-workers", "2", "-lines", "3", license))

	python, err := exec.LookPath("python3")
	if err != nil {
		return
	}
	require.Equal(t, string(recorded), output(t, python, "main.py", "--workers", "2", "--lines", "3", license))
	text := filepath.Join(strings.TrimSpace(output(t, "go", "env", "GOROOT")), "src", "net", "http", "server.go")
	for _, n := range []string{"1", "3"} {
		require.Equal(t, output(t, python, "main.py", "--n", n, "--top", "1000", "--lines", "500", text),
			output(t, program, "-n", n, "-top", "1000", "-lines", "500", text))
	}
}
