package docscheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	codeSpan = regexp.MustCompile("`([^`]+)`")
	// pkg.Name or pkg.Type.Member, and whatever follows, such as arguments.
	qualified = regexp.MustCompile(`^\*?([a-z][a-z0-9/]*)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

// TestParityTableNamesWhatExists looks up every qualified name in the Go column
// of the tables in docs/reference/python-parity.md. A row whose Go column says
// "not yet" or "no" promises nothing.
func TestParityTableNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/reference/python-parity.md"))
	require.NoError(t, err)
	known := map[string]map[string]bool{}
	checked, column := 0, -1
	for i, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "|") {
			column = -1
			continue
		}
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "∣"), "|")
		if column < 0 {
			for n, cell := range cells {
				if strings.TrimSpace(cell) == "Go" {
					column = n
				}
			}
			require.Positive(t, column, "line %d: a table without a column Go", i+1)
			continue
		}
		require.Greater(t, len(cells), column, "line %d", i+1)
		cell := strings.TrimSpace(cells[column])
		require.NotEmpty(t, cell, "line %d: what a row has in Go must be said, even if it is not yet", i+1)
		for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
			q := qualified.FindStringSubmatch(m[1])
			if q == nil {
				continue
			}
			pkg, name := q[1], q[2]
			if q[3] != "" {
				name += "." + q[3]
			}
			if known[pkg] == nil {
				known[pkg] = names(t, pkg)
			}
			if !known[pkg][name] {
				t.Errorf("docs/reference/python-parity.md:%d names %s, which does not exist", i+1, q[0])
			}
			checked++
		}
	}
	require.Greater(t, checked, 50)
}

// names returns what a package exports: Name, and Type.Member for methods and
// for the fields of structs, those of what they embed from the same package
// included.
func names(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	path := pkg
	if full, ok := imports[pkg]; ok {
		path = full
	}
	return namesFrom(t, root, path)
}

// namesFrom is names of a package as the module of a folder has it.
func namesFrom(t *testing.T, dir, path string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}\n{{join .GoFiles \"\\n\"}}", path)
	cmd.Dir = dir
	out, err := cmd.Output()
	require.NoError(t, err, "there is no package %s", path)
	lines := strings.Fields(string(out))

	found := map[string]bool{}
	embedded := map[string]string{} // type: what it embeds
	for _, name := range lines[1:] {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(lines[0], name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = typeName(d.Recv.List[0].Type) + "." + name
				}
				found[name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					declared(spec, found, embedded)
				}
			}
		}
	}
	for outer, inner := range embedded {
		for name := range maps.Clone(found) {
			if member, ok := strings.CutPrefix(name, inner+"."); ok {
				found[outer+"."+member] = true
			}
		}
	}
	return found
}

func declared(spec ast.Spec, found map[string]bool, embedded map[string]string) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			found[n.Name] = true
		}
	case *ast.TypeSpec:
		found[s.Name.Name] = true
		var members *ast.FieldList
		switch typ := s.Type.(type) {
		case *ast.StructType:
			members = typ.Fields
		case *ast.InterfaceType:
			members = typ.Methods
		default:
			return
		}
		for _, f := range members.List {
			if len(f.Names) == 0 {
				embedded[s.Name.Name] = typeName(f.Type)
			}
			for _, n := range f.Names {
				found[s.Name.Name+"."+n.Name] = true
			}
		}
	}
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// TestPagesNameWhatExists looks up what the prose of every page calls by a name of
// this module, as in `loop.CreateTask`. TestTablesNameTheirTests looks up the tests that a page
// names, and TestEveryNoHasARecipeThatRuns the recipes.
func TestPagesNameWhatExists(t *testing.T) {
	known := map[string]map[string]bool{}
	checked := 0
	for _, p := range pages(t) {
		for _, span := range codeSpan.FindAllStringSubmatch(p.prose, -1) {
			q := qualified.FindStringSubmatch(span[1])
			if q == nil || testSpan.MatchString(span[0]) || !strings.HasPrefix(imports[q[1]], module) {
				continue
			}
			pkg, name := q[1], q[2]
			if q[3] != "" {
				name += "." + q[3]
			}
			if known[pkg] == nil {
				known[pkg] = names(t, pkg)
			}
			if checked++; !known[pkg][name] {
				t.Errorf("%s names %s, which does not exist", p.path, q[0])
			}
		}
	}
	require.Greater(t, checked, 100)
}
