//go:build unix

package executor_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Packages of a program may make shared memory while they are initialized. In a worker
// that comes before package executor is there, and its locks are those of the program
// all the same.
func TestAPackageOfAWorkerMakesSharedMemoryWhenItIsInitialized(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), program(t, "early")).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "41 42\n", string(out))
}
