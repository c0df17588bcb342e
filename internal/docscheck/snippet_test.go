package docscheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSnippetsEqualTheirRegions(t *testing.T) {
	found := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.snippet == "" {
				continue
			}
			found++
			path, name, _ := strings.Cut(b.snippet, "#")
			source, err := os.ReadFile(filepath.Join(root, path))
			require.NoError(t, err, "%s:%d", p.path, b.line)
			want, err := region(string(source), name)
			require.NoError(t, err, "%s:%d: %s", p.path, b.line, b.snippet)
			require.Equal(t, want, b.code, "%s:%d is no longer %s: copy the region", p.path, b.line, b.snippet)

			tests, err := filepath.Glob(filepath.Join(root, filepath.Dir(path), "*_test.go"))
			require.NoError(t, err)
			require.NotEmpty(t, tests, "%s:%d: nothing tests %s", p.path, b.line, path)
		}
	}
	require.NotZero(t, found, "the README shows a program")
}

// region returns the part of source that is called name, without the common
// indentation and without the marks of other regions; all of it if name is
// empty.
func region(source, name string) (string, error) {
	var lines []string
	inside := name == ""
	closed := inside
	for line := range strings.Lines(source) {
		line = strings.TrimRight(line, "\r\n")
		mark := strings.TrimLeft(line, " \t/#")
		switch word, of, _ := strings.Cut(mark, " "); {
		case word == "region" && of == name && name != "":
			inside = true
		case word == "endregion" && of == name && name != "":
			inside, closed = false, true
		case word == "region" || word == "endregion":
		case inside:
			lines = append(lines, line)
		}
	}
	if !closed {
		return "", fmt.Errorf("no region %q that begins and ends", name)
	}
	return dedent(lines), nil
}

func dedent(lines []string) string {
	indent := -1
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			if n := len(l) - len(strings.TrimLeft(l, " \t")); indent < 0 || n < indent {
				indent = n
			}
		}
	}
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l[min(max(indent, 0), len(l)):] + "\n")
	}
	return strings.Trim(b.String(), "\n") + "\n"
}

func TestRegion(t *testing.T) {
	source := "package x\n\n// region a\nfunc f() {\n\t// region b\n\tg()\n\n\th()\n\t// endregion b\n}\n// endregion a\n"
	a, err := region(source, "a")
	require.NoError(t, err)
	require.Equal(t, "func f() {\n\tg()\n\n\th()\n}\n", a)
	b, err := region(source, "b")
	require.NoError(t, err)
	require.Equal(t, "g()\n\nh()\n", b)
	_, err = region(source, "c")
	require.Error(t, err)
}
