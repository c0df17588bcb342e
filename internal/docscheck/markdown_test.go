// Package docscheck holds the tests of README.md and docs/: a reader who copies
// a block of Go code gets one that compiles, and a name in a table exists. It also
// checks that the package docs leave no exported call out.
//
// A block of code is in one of two states:
//
//	<!-- snippet: examples/counter/main.go#main -->
//
// on the line before it says that it equals that region of a file, of whatever
// language; a region is what stands between the comments "region main" and
// "endregion main". Every other Go block must compile: as a file if it begins with
// a package clause, else as declarations, else as the body of a function with a
// ctx. What it needs and does not show stands before it in an HTML comment that
// begins with "<!-- go"; that serves all the blocks below it on the page.
package docscheck

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// A page is one Markdown file.
type page struct {
	path   string // below root, with slashes
	prose  string // what stands outside of the blocks
	blocks []block
}

// A block is a fenced block of code.
type block struct {
	line    int // of the fence, from 1
	lang    string
	code    string
	snippet string // path#region, if it is marked
	prelude string // Go declarations that the page gives beside it
}

func pages(t *testing.T) []page {
	t.Helper()
	paths := []string{"README.md", "CONTRIBUTING.md", "SECURITY.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			rel, _ := filepath.Rel(root, path)
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	})
	require.NoError(t, err)

	all := make([]page, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		prose, blocks := parse(string(text))
		all = append(all, page{path, prose, blocks})
	}
	return all
}

var snippetMark = regexp.MustCompile(`^<!-- snippet: (\S+) -->$`)

func parse(text string) (prose string, blocks []block) {
	var (
		current *block // the one that is open
		hidden  bool   // in a comment with declarations
		prelude strings.Builder
		mark    string
	)
	for i, line := range strings.Split(text, "\n") {
		switch {
		case current != nil && strings.TrimSpace(line) == "```":
			blocks = append(blocks, *current)
			current = nil
		case current != nil:
			current.code += line + "\n"
		case hidden && line == "-->":
			hidden = false
		case hidden:
			prelude.WriteString(line + "\n")
		case line == "<!-- go":
			hidden = true
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			lang := strings.TrimPrefix(strings.TrimSpace(line), "```")
			current = &block{line: i + 1, lang: lang, snippet: mark, prelude: prelude.String()}
			mark = ""
		default:
			prose += line + "\n"
			mark = ""
			if m := snippetMark.FindStringSubmatch(line); m != nil {
				mark = m[1]
			}
		}
	}
	return prose, blocks
}

func TestParse(t *testing.T) {
	prose, blocks := parse("text\n<!-- go\nvar x int\n-->\n<!-- snippet: a.go#b -->\n```go\ncode\n```\n\n```sh\nls\n```\n")
	require.Contains(t, prose, "text\n")
	require.NotContains(t, prose, "code")
	require.Equal(t, []block{
		{line: 6, lang: "go", code: "code\n", snippet: "a.go#b", prelude: "var x int\n"},
		{line: 10, lang: "sh", code: "ls\n", prelude: "var x int\n"},
	}, blocks)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksWithinTheRepositoryLeadSomewhere(t *testing.T) {
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(p.prose, ""), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			_, err := os.Stat(filepath.Join(root, filepath.Dir(p.path), target))
			require.NoError(t, err, "%s links to %s", p.path, m[1])
		}
	}
}

// TestEveryPageCanBeReached follows the links from the README.
func TestEveryPageCanBeReached(t *testing.T) {
	prose := map[string]string{}
	for _, p := range pages(t) {
		prose[p.path] = p.prose
	}
	reached := map[string]bool{"README.md": true}
	for todo := []string{"README.md"}; len(todo) > 0; todo = todo[1:] {
		for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(prose[todo[0]], ""), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			next := path.Join(path.Dir(todo[0]), target)
			if _, isPage := prose[next]; isPage && !reached[next] {
				reached[next] = true
				todo = append(todo, next)
			}
		}
	}
	for page := range prose {
		if !reached[page] {
			t.Errorf("no chain of links leads from README.md to %s: name it in docs/README.md or in the README.md of its folder", page)
		}
	}
}
