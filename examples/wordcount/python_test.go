package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// testdata/main.out is what Python prints for the library of this test; where there
// is a Python, it says so itself.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	require.Contains(t, string(recorded), "41 files")
	program, dir := build(t), library(t, 40, 500)
	require.Equal(t, string(recorded), stdout(t, program, "-workers", "2", dir))
	if python, err := exec.LookPath("python3"); err == nil {
		require.Equal(t, string(recorded), stdout(t, python, "main.py", "--workers", "2", dir))
	}
}

var seconds = regexp.MustCompile(`[0-9.]+ s`)

// stdout returns what a command printed, with "N s" for the time that it took.
func stdout(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Log(string(bytes.TrimSpace(exit.Stderr)))
	}
	require.NoError(t, err)
	return seconds.ReplaceAllString(string(out), "N s")
}
