package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testdata/main.out is what Python prints; where there is one that has
// Queue.shutdown, it says so itself.
func TestPrintsWhatPythonPrints(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)

	program := exampletest.Build(t)
	require.Equal(t, string(recorded), exampletest.Prints(t, []string{program}))

	for _, name := range []string{"python3", "python3.13", "python3.14"} {
		python, err := exec.LookPath(name)
		if err == nil && exec.CommandContext(t.Context(), python, "-c", "from asyncio import QueueShutDown").Run() == nil {
			require.Equal(t, string(recorded), exampletest.Prints(t, []string{python, "main.py"}))
		}
	}
}
