package conformance_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A cpythonRow is one test method of CPython's suites.
type cpythonRow struct {
	module, class, method string
	portable              string // "yes", "partial" or "no"
	goTest                string // "folder.TestName/subtest", or "-: reason", or empty
}

func readCPythonTests(t *testing.T) []cpythonRow {
	t.Helper()
	f, err := os.Open("cpython_tests.tsv")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var rows []cpythonRow
	s := bufio.NewScanner(f)
	for s.Scan() {
		cols := strings.Split(s.Text(), "\t")
		if cols[0] == "module" {
			require.Equal(t, []string{"module", "class", "method", "portable", "topic", "go_test"}, cols)
			continue
		}
		require.Len(t, cols, 6, "%s", s.Text())
		rows = append(rows, cpythonRow{cols[0], cols[1], cols[2], cols[3], cols[5]})
	}
	require.NoError(t, s.Err())
	return rows
}

// goTests finds every test function of the module by "folder.Name", and whether
// it may skip. Beside them it returns the string literals of the tests, with the
// spaces that Go replaces in names: a subtest's name is one of them.
func goTests(t *testing.T) (skips, literals map[string]bool) {
	t.Helper()
	root := filepath.Join("..", "..")
	skips, literals = map[string]bool{}, map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		isTest := strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".go") && strings.Contains(path, "executortest")
		if err != nil || d.IsDir() || !isTest {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		addLiterals(literals, file)
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				skips[filepath.ToSlash(folder)+"."+fn.Name.Name] = callsSkip(fn)
			}
		}
		return nil
	}))
	return skips, literals
}

func addLiterals(literals map[string]bool, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				literals[strings.ReplaceAll(s, " ", "_")] = true
			}
		}
		return true
	})
}

// isSubtest reports whether name is a literal, or two of them put together, as
// subtests of a table within a loop are named.
func isSubtest(literals map[string]bool, name string) bool {
	if literals[name] {
		return true
	}
	for i := range name {
		left, right := name[:i], name[i:]
		if literals[left] && (literals[right] || literals[strings.TrimPrefix(right, "_")]) {
			return true
		}
	}
	return false
}

func callsSkip(fn *ast.FuncDecl) bool {
	skips := false
	ast.Inspect(fn, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if ok && (sel.Sel.Name == "SkipNow" || sel.Sel.Name == "Skipf") {
			skips = true
		}
		return true
	})
	return skips
}

// TestCPythonTestsAreCovered checks the column with the Go tests: each exists
// and skips nothing, each portable row without one says why, and there are few of
// those.
func TestCPythonTestsAreCovered(t *testing.T) {
	tests, literals := goTests(t)
	type count struct{ all, covered int }
	counts := map[string]*count{} // by suite and portability
	for _, row := range readCPythonTests(t) {
		if row.portable == "no" {
			continue
		}
		suite, _, _ := strings.Cut(row.module, "/")
		key := suite + " " + row.portable
		if counts[key] == nil {
			counts[key] = &count{}
		}
		counts[key].all++
		name := row.module + " " + row.class + "." + row.method
		if reason, ok := strings.CutPrefix(row.goTest, "-:"); ok {
			if strings.TrimSpace(reason) == "" {
				t.Errorf("%s: no Go test, and no reason", name)
			}
			continue
		}
		if row.goTest == "" {
			t.Errorf("%s: no Go test, and no reason", name)
			continue
		}
		counts[key].covered++
		for goName := range strings.SplitSeq(row.goTest, " ") {
			folder, test, _ := strings.Cut(goName, ".") // the folder may have slashes, too
			test, sub, _ := strings.Cut(test, "/")
			top := folder + "." + test
			skips, ok := tests[top]
			if !ok {
				t.Errorf("%s: %s does not exist", name, top)
				continue
			}
			if skips {
				t.Errorf("%s: %s may skip", name, top)
			}
			if sub == "" {
				continue
			}
			for part := range strings.SplitSeq(sub, "/") {
				if !isSubtest(literals, part) {
					t.Errorf("%s: %s has no subtest %q", name, top, part)
				}
			}
		}
	}
	for key, c := range counts {
		share := float64(c.covered) / float64(c.all)
		t.Logf("%-32s %3d of %3d (%.0f %%)", key, c.covered, c.all, 100*share)
		least := 0.97
		if strings.HasSuffix(key, "partial") {
			least = 0.85
		}
		if share < least {
			t.Errorf("%s: %.0f %% are covered, want %.0f %%", key, 100*share, 100*least)
		}
	}
}
