package docscheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNothingHasOneSpelling checks that the result of what has none is None wherever the
// library or a page says it, so that a reader learns one word: future.None, which
// packages executor and loop pass on.
func TestNothingHasOneSpelling(t *testing.T) {
	const spelled = "%s: struct{} as a type argument: say None, which future, executor and loop have"
	fset := token.NewFileSet()
	for _, folder := range []string{"future", "executor", "loop", "shared", "examples"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, folder), func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() && e.Name() == "internal" {
				return fs.SkipDir
			}
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.IndexExpr:
					if isEmptyStruct(n.Index) {
						t.Errorf(spelled, fset.Position(n.Pos()))
					}
				case *ast.IndexListExpr:
					for _, x := range n.Indices {
						if isEmptyStruct(x) {
							t.Errorf(spelled, fset.Position(n.Pos()))
						}
					}
				case *ast.FuncType:
					if n.Results != nil && len(n.Results.List) > 0 && isEmptyStruct(n.Results.List[0].Type) {
						t.Errorf(spelled, fset.Position(n.Pos()))
					}
				case *ast.TypeSpec:
					if n.Assign.IsValid() && isEmptyStruct(n.Type) && filepath.Base(filepath.Dir(path)) != "future" {
						t.Errorf("%s: another name for struct{}: make it an alias of future.None", fset.Position(n.Pos()))
					}
				}
				return true
			})
			return nil
		}))
	}
	for _, p := range pages(t) {
		text, err := os.ReadFile(filepath.Join(root, p.path))
		require.NoError(t, err)
		require.NotContains(t, string(text), "[struct{}]", p.path)
		require.NotContains(t, string(text), "(struct{}, error)", p.path)
	}
}

func isEmptyStruct(x ast.Expr) bool {
	s, ok := x.(*ast.StructType)
	return ok && s.Fields.NumFields() == 0
}
