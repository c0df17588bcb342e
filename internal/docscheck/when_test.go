package docscheck

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// whenPage is the page that says of every call what happens when it is canceled, when
// a process crashes, when it is made twice and when it comes late. It has a section
// for each package; in the tables there the first cell of a row names calls:
//
//	| call               | cancel | crash | twice | late        |
//	| ThreadPool.Execute | cause  | –     | never | ErrShutdown |
//	| Job.ID, Name, Worker.ID, Name |     in a table of one column
//	| \*.Close, New\* |                  of every type, all of a prefix
const whenPage = "docs/reference/what-happens.md"

// apiOf returns the documentation of a package without its tests.
func apiOf(t *testing.T, folder string) *doc.Package {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	require.NoError(t, err)
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	require.NotEmpty(t, files)
	pkg, err := doc.NewFromFiles(set, files, module+"/"+folder)
	require.NoError(t, err)
	return pkg
}

// calls returns the comment of each exported function and method, and of each
// method of an exported interface. The methods of errors are left out: what Error,
// Unwrap and Is do is known.
func calls(pkg *doc.Package) map[string]string {
	found := map[string]string{}
	for _, f := range pkg.Funcs {
		found[f.Name] = f.Doc
	}
	for _, typ := range pkg.Types {
		for _, f := range typ.Funcs {
			found[f.Name] = f.Doc
		}
		isError := slices.ContainsFunc(typ.Methods, func(f *doc.Func) bool { return f.Name == "Error" })
		for _, f := range typ.Methods {
			if isError && slices.Contains([]string{"Error", "Unwrap", "Is"}, f.Name) {
				continue
			}
			found[typ.Name+"."+f.Name] = f.Doc
		}
		for _, spec := range typ.Decl.Specs {
			iface, ok := spec.(*ast.TypeSpec).Type.(*ast.InterfaceType)
			if !ok {
				continue
			}
			for _, m := range iface.Methods.List {
				for _, name := range m.Names {
					if name.IsExported() {
						// A single method may leave it to the type.
						found[typ.Name+"."+name.Name] = m.Doc.Text() + typ.Doc
					}
				}
			}
		}
	}
	return found
}

// A whenRow is a row of a table in [whenPage], with the heads of its columns.
type whenRow struct{ columns, cells []string }

// whenRows returns the rows of the tables in the section of a package.
func whenRows(t *testing.T, folder string) (rows []whenRow) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, whenPage))
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "\n## "+folder+"\n")
	require.True(t, ok, "%s has no section %s", whenPage, folder)
	section, _, _ = strings.Cut(section, "\n## ")
	var columns []string
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			columns = nil
			continue
		}
		cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "| "), `\*`, "*"), " | ")
		switch {
		case columns == nil:
			columns = cells // the head
		case strings.HasPrefix(cells[0], "---"):
		default:
			require.Len(t, cells, len(columns), line)
			require.NotContains(t, cells, "", line)
			rows = append(rows, whenRow{columns, cells})
		}
	}
	require.NotEmpty(t, rows)
	return rows
}

// rowNames returns what the first cell of a row names: after Type.Method, a name
// without a point is one more method of the type, if there is such a method.
func rowNames(cell string, known map[string]string) (named []string) {
	typ := ""
	for name := range strings.SplitSeq(cell, ", ") {
		if before, _, ok := strings.Cut(name, "."); ok {
			typ = before
		} else if _, ok := known[typ+"."+name]; ok {
			name = typ + "." + name
		}
		named = append(named, name)
	}
	return named
}

func matches(pattern, name string) bool {
	if method, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(name, "."+method)
	}
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

// TestEveryCallSaysWhatHappensWhen checks that the page names every exported
// call, none that does not exist and none twice, and leaves no cell empty.
func TestEveryCallSaysWhatHappensWhen(t *testing.T) {
	for _, folder := range []string{"executor", "future", "loop/queue", "loop/syncs", "shared"} {
		t.Run(folder, func(t *testing.T) {
			pkg := apiOf(t, folder)
			known := calls(pkg)
			rows := map[string]int{} // call: how many rows name it
			for _, row := range whenRows(t, folder) {
				for _, pattern := range rowNames(row.cells[0], known) {
					found := false
					for name := range known {
						if matches(pattern, name) {
							found = true
							rows[name]++
						}
					}
					if !found {
						t.Errorf("there is no %s", pattern)
					}
				}
			}
			for name := range known {
				if rows[name] != 1 {
					t.Errorf("%s is named by %d rows of the section %s in %s; say in one what happens on cancel, crash, twice and late", name, rows[name], folder, whenPage)
				}
			}
		})
	}
}

// TestEveryCallHasAComment checks the exported functions and methods.
func TestEveryCallHasAComment(t *testing.T) {
	for _, folder := range []string{"executor", "executor/executortest", "future", "loop", "loop/debugz", "loop/queue", "loop/stream", "loop/subprocess", "loop/syncs", "shared"} {
		known := calls(apiOf(t, folder))
		require.NotEmpty(t, known)
		for name, text := range known {
			if text == "" {
				t.Errorf("%s.%s has no doc comment", filepath.Base(folder), name)
			}
		}
	}
}
