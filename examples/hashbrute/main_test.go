package main_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output runs a command and returns what it printed, and whether it failed.
func output(t *testing.T, program string, args ...string) (stdout, stderr string, failed bool) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	failed = cmd.Run() != nil
	return out.String(), errs.String(), failed
}

func TestFindsTheWordAsPythonDoes(t *testing.T) {
	program := exampletest.Build(t)
	python, noPython := exec.LookPath("python3")
	for _, word := range []string{"aaa", "mid", "zzz"} {
		hash := fmt.Sprintf("%x", sha256.Sum256([]byte(word)))
		stdout, stderr, _ := output(t, program, "-workers", "2", "-length", "3", hash)
		require.Equal(t, word+"\n", stdout, stderr)
		require.Empty(t, stderr)
		if noPython == nil {
			stdout, stderr, _ := output(t, python, "main.py", "--workers", "2", "--length", "3", hash)
			require.Equal(t, word+"\n", stdout, stderr)
		}
	}
	other := fmt.Sprintf("%x", sha256.Sum256([]byte("four")))
	stdout, stderr, failed := output(t, program, "-workers", "2", "-length", "3", other)
	require.True(t, failed)
	require.Empty(t, stdout)
	require.Equal(t, "no such word\n", stderr)
	if noPython == nil {
		stdout, theirs, failed := output(t, python, "main.py", "--workers", "2", "--length", "3", other)
		require.True(t, failed)
		require.Empty(t, stdout)
		require.Equal(t, stderr, theirs)
	}
}
