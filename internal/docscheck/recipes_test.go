package docscheck

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recipe is how a row names the test that shows what to do: [`loop.ExampleRun`](…_test.go).
var recipe = regexp.MustCompile("\\[`([a-z/]+)\\.((?:Example|Test)\\w*)`\\]\\(([^)\\s]+_test\\.go)\\)")

// TestEveryNoHasARecipeThatRuns requires of each row of docs/reference/python-parity.md whose
// Go column says "no" that it names a test or an example, in the file to which it links, which
// go test runs.
func TestEveryNoHasARecipeThatRuns(t *testing.T) {
	const page = "docs/reference/python-parity.md"
	text, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	rows := 0
	for i, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "∣"), "|")
		if len(cells) < 4 || strings.TrimSpace(cells[2]) != "no" {
			continue
		}
		rows++
		found := recipe.FindAllStringSubmatch(cells[3], -1)
		if len(found) == 0 {
			t.Errorf("%s:%d says no and names no recipe", page, i+1)
		}
		for _, r := range found {
			pkg, name, file := r[1], r[2], path.Join(path.Dir(page), r[3])
			require.Equal(t, pkg, path.Base(path.Dir(file)), "%s:%d: %s is not of that folder", page, i+1, file)
			source, err := os.ReadFile(filepath.Join(root, file))
			require.NoError(t, err, "%s:%d", page, i+1)
			if !runs(string(source), name) {
				t.Errorf("%s:%d: %s has no %s that go test runs", page, i+1, file, name)
			}
		}
	}
	require.Positive(t, rows, "no row says no")
}

// runs reports whether a function of source is called name and is run by go test: an example
// without the output that it must have is compiled only, and a test may skip.
func runs(source, name string) bool {
	_, body, found := strings.Cut(source, "\nfunc "+name+"(")
	if !found {
		return false
	}
	body, _, _ = strings.Cut(body, "\n}\n")
	if strings.HasPrefix(name, "Example") {
		return strings.Contains(body, "\t// Output:") || strings.Contains(body, "\t// Unordered output:")
	}
	return !strings.Contains(body, ".Skip")
}

func TestRuns(t *testing.T) {
	source := "package x\n\nfunc ExampleA() {\n\tf()\n}\n\nfunc ExampleB() {\n\tf()\n\t// Output: 1\n}\n\nfunc TestC(t *testing.T) {\n\tt.Skip()\n}\n"
	require.False(t, runs(source, "ExampleA"), "it has no output")
	require.True(t, runs(source, "ExampleB"))
	require.False(t, runs(source, "TestC"), "it skips")
	require.False(t, runs(source, "TestD"), "there is none")
}
