package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testdata/license.out is what Python prints for the license of this module. Where there
// is a Python, it says so itself, and both count a larger text.
func TestCountsAsPythonDoes(t *testing.T) {
	recorded, err := os.ReadFile("testdata/license.out")
	require.NoError(t, err)
	all := exampletest.Commands(t, "")
	for name, command := range all {
		require.Equal(t, string(recorded), exampletest.Prints(t, command, "--workers=2", "--lines=3", filepath.Join("..", "..", "LICENSE")), name)
	}
	text := filepath.Join(strings.TrimSpace(exampletest.Prints(t, []string{"go"}, "env", "GOROOT")), "src", "net", "http", "server.go")
	for _, n := range []string{"1", "3"} {
		said := map[string]bool{}
		for _, command := range all {
			said[exampletest.Prints(t, command, "--n="+n, "--top=1000", "--lines=500", text)] = true
		}
		require.Len(t, said, 1, "Python counts otherwise")
	}
}
