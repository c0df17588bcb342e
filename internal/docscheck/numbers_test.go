package docscheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	saysZero     = regexp.MustCompile(`(?i)\bzero\b`)
	saysNegative = regexp.MustCompile(`(?i)\b(negative|less)\b`)
)

// settings calls fn with each exported struct type of the public packages whose name
// ends with one of the suffixes.
func settings(t *testing.T, fn func(pos token.Position, name string, typ *ast.StructType), suffixes ...string) {
	t.Helper()
	eachPublicFile(t, func(fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			typ, ok := spec.Type.(*ast.StructType)
			if ok && slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(spec.Name.Name, s) }) {
				fn(fset.Position(spec.Pos()), spec.Name.Name, typ)
			}
			return true
		})
	})
}

// eachPublicFile calls fn with each file of the public packages, but for tests.
func eachPublicFile(t *testing.T, fn func(*token.FileSet, *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	for _, folder := range []string{"future", "executor", "loop", "shared"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && isModule(path): // which has checks of its own
				return fs.SkipDir
			case e.IsDir() && (e.Name() == "internal" || e.Name() == "testdata" || e.Name() == "cmd"):
				return fs.SkipDir
			case e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			if err == nil {
				fn(fset, file)
			}
			return err
		}))
	}
}

func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// TestEveryNumberSaysWhatZeroAndLessMean checks the comments of the numbers in the
// library's configurations and options; what they mean is tested in package executor.
func TestEveryNumberSaysWhatZeroAndLessMean(t *testing.T) {
	found := 0
	settings(t, func(pos token.Position, name string, typ *ast.StructType) {
		for _, f := range typ.Fields.List {
			if !isNumber(f.Type) {
				continue
			}
			for _, field := range f.Names {
				found++
				comment := f.Doc.Text()
				if !saysZero.MatchString(comment) || !saysNegative.MatchString(comment) {
					t.Errorf("%s: %s.%s does not say what zero and negative numbers mean", pos, name, field)
				}
			}
		}
	}, "Config", "Options")
	require.Greater(t, found, 20)
}

func isNumber(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "int" || x.Name == "int64"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Duration"
	}
	return false
}

// TestConfigsMakeAndOptionsAdjust checks the rule about the two: a Config is what
// something is made with and keeps, so a constructor takes it, or what makes a loop for
// one run or a pool for one body; an Options adjusts one call. Only tasks have options as
// further arguments.
func TestConfigsMakeAndOptionsAdjust(t *testing.T) {
	taken := map[string][]string{} // by the name of the type: the functions
	eachPublicFile(t, func(fset *token.FileSet, file *ast.File) {
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			for _, p := range fn.Type.Params.List {
				typ := p.Type
				if list, ok := typ.(*ast.Ellipsis); ok {
					if id, ok := list.Elt.(*ast.Ident); ok && strings.HasSuffix(id.Name, "Option") {
						require.Equal(t, "TaskOption", id.Name, "%s", fset.Position(fn.Pos()))
					}
					continue
				}
				if sel, ok := typ.(*ast.SelectorExpr); ok {
					typ = sel.Sel
				}
				if id, ok := typ.(*ast.Ident); ok && (strings.HasSuffix(id.Name, "Config") || strings.HasSuffix(id.Name, "Options")) {
					taken[id.Name] = append(taken[id.Name], fn.Name.Name)
				}
			}
		}
	})
	settings(t, func(pos token.Position, name string, _ *ast.StructType) {
		functions := taken[name]
		require.NotEmpty(t, functions, "%s: nothing takes %s", pos, name)
		for _, fn := range functions {
			makes := strings.HasPrefix(fn, "New") || strings.HasPrefix(fn, "With") || fn == "RunWith"
			require.Equal(t, strings.HasSuffix(name, "Config"), makes, "%s takes %s: what a constructor takes is a Config, what a call takes is Options", fn, name)
		}
	}, "Config", "Options")
}
