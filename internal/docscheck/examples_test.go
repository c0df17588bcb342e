package docscheck

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	docstring = regexp.MustCompile(`(?s)""".*?"""`)
	closing   = regexp.MustCompile(`^[\])}(;,]+$`)
	countRow  = regexp.MustCompile(`(?m)^\| ([a-z ]+) \| (\d+) \| (\d+) \| (\d\.\d) \| (\d\.\d) \|$`)
)

// A length is how many lines with code a program has, and how many of them say more than
// that a block ends.
type length struct{ lines, saying int }

func lengthOf(t *testing.T, path, comment string) (n length) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "examples", path))
	require.NoError(t, err)
	for line := range strings.Lines(docstring.ReplaceAllString(string(text), "")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, comment) {
			continue
		}
		n.lines++
		if !closing.MatchString(line) {
			n.saying++
		}
	}
	return n
}

// TestExamplesAreAsLongAsTheirPageSays counts the lines of the examples that the table of
// examples/README.md lists, and holds them to one and a half lines of Go for one of Python.
func TestExamplesAreAsLongAsTheirPageSays(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "examples/README.md"))
	require.NoError(t, err)
	rows := countRow.FindAllStringSubmatch(string(page), -1)
	require.Len(t, rows, 5)
	var sumGo, sumPython length
	for _, row := range rows {
		program, python, golang := row[1], sumPython, sumGo
		if program != "all four" {
			python, golang = lengthOf(t, program+"/main.py", "#"), lengthOf(t, program+"/main.go", "//")
			sumPython = length{sumPython.lines + python.lines, sumPython.saying + python.saying}
			sumGo = length{sumGo.lines + golang.lines, sumGo.saying + golang.saying}
		}
		require.Equal(t, python.lines, python.saying, "%s: Python has lines of brackets after all", program)
		require.Equal(t, []string{
			strconv.Itoa(python.lines), strconv.Itoa(golang.lines), ratio(golang.lines, python.lines), ratio(golang.saying, python.lines),
		}, row[2:], program)
		require.LessOrEqual(t, 2*golang.saying, 3*python.lines, "%s: more than 1.5 lines of Go for one of Python", program)
	}
}

func ratio(a, b int) string { return fmt.Sprintf("%.1f", float64(a)/float64(b)) }
