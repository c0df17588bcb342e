package docscheck

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	docstring = regexp.MustCompile(`(?s)""".*?"""`)
	countRow  = regexp.MustCompile(`(?m)^\| ([a-z ]+) \| (\d+) \| (\d+) \| (\d\.\d\d) \|$`)
)

// kinds are programs of the ten kinds that people port.
var kinds = []string{"api", "background", "chat", "commands", "crawler", "filehash", "hashbrute", "ngrams", "pipeline", "ratelimit"}

// lengthOf returns how many lines with code the files of an example have, brackets that
// stand alone included; tests do not count.
func lengthOf(t *testing.T, program, ext, comment string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "examples", program, "*"+ext))
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	require.NotEmpty(t, files, program)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range strings.Lines(docstring.ReplaceAllString(string(text), "")) {
			line = strings.TrimSpace(line)
			if line != "" && !strings.HasPrefix(line, comment) {
				n++
			}
		}
	}
	return n
}

// TestExamplesAreAsLongAsTheirPageSays counts the lines of the programs that the table of
// examples/README.md lists, and holds their sum to one and a half lines of Go for one of
// Python.
func TestExamplesAreAsLongAsTheirPageSays(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "examples/README.md"))
	require.NoError(t, err)
	var listed []string
	var sumGo, sumPython int
	for _, row := range countRow.FindAllStringSubmatch(string(page), -1) {
		program, python, golang := row[1], sumPython, sumGo
		if program != "all ten" {
			python, golang = lengthOf(t, program, ".py", "#"), lengthOf(t, program, ".go", "//")
			sumPython, sumGo = sumPython+python, sumGo+golang
		}
		listed = append(listed, program)
		ratio := fmt.Sprintf("%.2f", float64(golang)/float64(python))
		require.Equal(t, []string{strconv.Itoa(python), strconv.Itoa(golang), ratio}, row[2:], program)
	}
	require.Equal(t, append(slices.Clone(kinds), "all ten"), listed)
	require.LessOrEqual(t, 2*sumGo, 3*sumPython, "more than 1.5 lines of Go for one of Python")
}

// TestEveryExampleIsListed requires that each folder has the program in both languages and
// a test, and that the index names it once.
func TestEveryExampleIsListed(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "examples/README.md"))
	require.NoError(t, err)
	folders, err := os.ReadDir(filepath.Join(root, "examples"))
	require.NoError(t, err)
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		for _, name := range []string{"main.go", "main.py", "main_test.go"} {
			require.FileExists(t, filepath.Join(root, "examples", folder.Name(), name))
		}
		link := fmt.Sprintf("[%[1]s](%[1]s/main.go)", folder.Name())
		require.Equal(t, 1, strings.Count(string(page), link), "examples/README.md has no row with %s", link)
	}
}
