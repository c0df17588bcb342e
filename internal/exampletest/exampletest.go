// Package exampletest has what tests of whole programs need: it builds the example in whose
// folder a test runs, finds the Python program beside it, runs both, and talks with those
// that go on while the test looks.
package exampletest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Build returns the path of the example, built for this test as a user would.
func Build(t *testing.T) (program string) {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	program = filepath.Join(t.TempDir(), filepath.Base(folder))
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// Commands returns the command that runs the example, as "Go", and as "Python" that of the
// original where there is a Python that can run the line of code needs.
func Commands(t *testing.T, needs string) map[string][]string {
	t.Helper()
	all := map[string][]string{"Go": {Build(t)}}
	python, err := exec.LookPath("python3")
	if err == nil && exec.CommandContext(t.Context(), python, "-c", needs).Run() == nil {
		all["Python"] = []string{python, "main.py"}
	}
	return all
}
