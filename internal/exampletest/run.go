package exampletest

import (
	"bytes"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Command is a command of [Commands] with more arguments, which ends with the test.
func Command(t testing.TB, command []string, args ...string) *exec.Cmd {
	all := slices.Concat(command, args)
	return exec.CommandContext(t.Context(), all[0], all[1:]...)
}

// Run runs a command to its end and returns what it printed and its exit code, which is
// -1 after a signal.
func Run(t testing.TB, command []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := Command(t, command, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError), "the command was not run to its end")
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Prints runs a command, requires that all is well and that it has nothing to say to its
// standard error, and returns what it printed.
func Prints(t testing.TB, command []string, args ...string) string {
	t.Helper()
	stdout, stderr, code := Run(t, command, args...)
	require.Zero(t, code, "%s", stderr)
	require.Empty(t, stderr)
	return stdout
}
