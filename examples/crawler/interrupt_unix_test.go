//go:build unix

package main

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestReportsWhatIsLeftAtCtrlC(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		p := exampletest.Start(t, exampletest.Command(t, command, "--timeout", map[string]string{"Go": "1h", "Python": "3600"}[name]))
		var got []string
		for line := range p.Lines {
			if got = append(got, line); len(got) == 32 { // all but the one that does not answer
				require.NoError(t, p.Process.Signal(os.Interrupt))
			}
		}
		require.Error(t, p.Wait())
		require.Equal(t, 130, p.ProcessState.ExitCode(), name)
		slices.Sort(got[:32])
		require.Equal(t, append(crawled(""), "33 pages, 6 retries", "  29 200", "   3 404", "   1 not done"), got, name)
	}
}
