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

// A page names a test by its folder, `loop/stream.TestServe`, or with a link to its file,
// [`TestServe`](server_test.go).
var (
	testSpan = regexp.MustCompile("`([a-z][a-z0-9/-]*)\\.((?:Test|Example|Fuzz|Benchmark)[A-Z]?\\w*)`")
	testLink = regexp.MustCompile("\\[`((?:Test|Example|Fuzz|Benchmark)\\w*)`\\]\\(([^)\\s]+_test\\.go)\\)")
	// A column may say of which folder its tests are.
	testsIn  = regexp.MustCompile("\\| tests in `([a-z][a-z0-9/-]*)` \\|$")
	testName = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	// skipped is a call of T.Skip, SkipNow or Skipf.
	skipped = regexp.MustCompile(`\.Skip(?:Now|f)?\(`)
)

// needNone are the tables of pages that must name their tests that promise nothing.
var needNone = map[string]string{
	"| System | How |":                        "it is about tests",
	"| What | Why |":                          "faults of wine, which .ci/wine/run tells by their names",
	"| to share | use |":                      "where to read on",
	"| Python | Go |":                         "names, which the table of Python names has too",
	"| Row | One operation |":                 "of benchmarks",
	"| You | read |":                          "where to read on",
	"| If you want | in Python | here |":      "where to read on",
	"| to wait for | use |":                   "where to read on",
	"| The work | use |":                      "where to read on",
	"| not this | because |":                  "decisions",
	"| call |":                                "calls without a case, which saywhen_test.go counts",
	"| | |":                                   "what is trusted",
	"| row | asyncgo | target (**missed**) |": "numbers, which numbers_test.go checks",
}

// misses returns which tests a page names that do not exist or may skip, and which of its
// tables name none: neither in each row of a column "Shown by" nor under the same heading.
func misses(page, text string, exists func(folder, file, name string) bool) (bad []string) {
	text = recipe.ReplaceAllString(text, "") // recipes_test.go looks for them
	for _, m := range testSpan.FindAllStringSubmatch(text, -1) {
		if !exists(m[1], "", m[2]) {
			bad = append(bad, m[1]+"."+m[2]+" does not exist, or may skip")
		}
	}
	for _, m := range testLink.FindAllStringSubmatch(text, -1) {
		if file := path.Join(path.Dir(page), m[2]); !exists(path.Dir(file), path.Base(file), m[1]) {
			bad = append(bad, m[1]+" is not in "+file+", or may skip")
		}
	}
	names := func(s string) bool {
		return testSpan.MatchString(s) || testLink.MatchString(s) || strings.Contains(s, "| tests in `")
	}
	for _, section := range regexp.MustCompile(`(?m)^#+ `).Split(text, -1) {
		head := "" // of the table that is read
		for line := range strings.Lines(section) {
			line = strings.TrimSpace(line)
			switch {
			case !strings.HasPrefix(line, "|"):
				head = ""
			case head == "":
				head = strings.Join(strings.Fields(line), " ")
				if !needsNone(head) && !names(section) {
					bad = append(bad, "the table "+head+" names no test")
				}
			case strings.HasPrefix(strings.ReplaceAll(line, " ", ""), "|---"):
			case strings.HasSuffix(strings.ToLower(head), "| shown by |"):
				if !names(lastCell(line)) {
					bad = append(bad, "no test shows "+line)
				}
			case testsIn.MatchString(head):
				folder, found := testsIn.FindStringSubmatch(head)[1], testName.FindAllStringSubmatch(lastCell(line), -1)
				if len(found) == 0 {
					bad = append(bad, "no test shows "+line)
				}
				for _, m := range found {
					if !exists(folder, "", m[1]) {
						bad = append(bad, folder+"."+m[1]+" does not exist, or may skip")
					}
				}
			}
		}
	}
	return bad
}

func lastCell(row string) string { return row[strings.LastIndex(strings.TrimSuffix(row, "|"), "|"):] }

func needsNone(head string) bool {
	for start := range needNone {
		if strings.HasPrefix(head, strings.TrimSuffix(start, " |")) && (start != "| call |" || head == start) {
			return true
		}
	}
	return false
}

// exists reports whether a file of a folder, or any if it is "", has a function that go test
// runs, or would with another build tag.
func exists(t *testing.T) func(folder, file, name string) bool {
	sources := map[string]string{}
	return func(folder, file, name string) bool {
		if file == "" {
			file = "*_test.go"
		}
		paths, err := filepath.Glob(filepath.Join(root, folder, file))
		require.NoError(t, err)
		for _, path := range paths {
			if _, ok := sources[path]; !ok {
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				sources[path] = string(text)
			}
			if _, body, ok := strings.Cut(sources[path], "\nfunc "+name+"("); ok {
				body, _, _ = strings.Cut(body, "\n}\n")
				// What is given to package rapid skips a case of many.
				return !skipped.MatchString(body) || strings.Contains(body, "*rapid.T")
			}
		}
		return false
	}
}

// TestTablesNameTheirTests checks the tests that any page names, and that each table that
// promises something names one.
func TestTablesNameTheirTests(t *testing.T) {
	found := exists(t)
	named := 0
	all := pages(t)
	all = append(all, page{path: "examples/README.md"})
	for _, p := range all {
		text, err := os.ReadFile(filepath.Join(root, p.path))
		require.NoError(t, err)
		named += len(testSpan.FindAllString(string(text), -1))
		for _, problem := range misses(p.path, string(text), found) {
			t.Errorf("%s: %s", p.path, problem)
		}
	}
	require.Greater(t, named, 200)
}

func TestMisses(t *testing.T) {
	const head = "# A\n\n| Part | Shown by |\n| --- | --- |\n"
	there := func(folder, file, name string) bool {
		return name == "TestA" && folder == "loop" && (file == "" || file == "a_test.go")
	}
	for text, want := range map[string]string{
		head + "| x | `loop.TestA` |\n":                                                          "",
		head + "| x | [`TestA`](../loop/a_test.go) |\n":                                          "",
		head + "| x | `loop.TestA` |\n| y | |\n":                                                 "no test shows | y | |",
		head + "| `loop.TestA` | none |\n":                                                       "no test shows | `loop.TestA` | none |",
		head + "| x | `loop.TestB` |\n":                                                          "loop.TestB does not exist, or may skip",
		"See [`TestA`](../loop/b_test.go).\n":                                                    "TestA is not in loop/b_test.go, or may skip",
		"# A\n\nShown by `loop.TestA`.\n\n| a | b |\n| --- | --- |\n":                            "",
		"Shown by `loop.TestA`.\n\n# A\n\n| a | b |\n| --- | --- |\n":                            "the table | a | b | names no test",
		"# A\n\n| Python | Go |\n| --- | --- |\n| x | y |\n":                                     "",
		"# A\n\n| x | tests in `loop` |\n|---|---|\n| y | `TestA` |\n| z | `TestB` |\n| a | |\n": "loop.TestB does not exist, or may skip; no test shows | a | |",
		"# A\n\n| call |\n| --- |\n\n| call | late |\n| --- | --- |\n":                           "the table | call | late | names no test",
	} {
		require.Equal(t, want, strings.Join(misses("docs/x.md", text, there), "; "), text)
	}
}
