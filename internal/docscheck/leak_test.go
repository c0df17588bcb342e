package docscheck

import (
	"go/ast"
	"go/token"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNothingPublicIsMadeOfInternals checks that no exported declaration names a type of
// an internal package, which a reader of go doc could not look up and a program not name.
func TestNothingPublicIsMadeOfInternals(t *testing.T) {
	checked := 0
	eachPublicFile(t, func(fset *token.FileSet, file *ast.File) {
		hidden := map[string]bool{}
		for _, spec := range file.Imports {
			at := strings.Trim(spec.Path.Value, `"`)
			if strings.Contains(at, "/internal/") {
				name := path.Base(at)
				if spec.Name != nil {
					name = spec.Name.Name
				}
				hidden[name] = true
			}
		}
		for _, x := range exposed(file) {
			checked++
			ast.Inspect(x, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					if id, ok := sel.X.(*ast.Ident); ok && hidden[id.Name] {
						t.Errorf("%s: an exported declaration is made of %s.%s", fset.Position(n.Pos()), id.Name, sel.Sel.Name)
					}
				}
				return true
			})
		}
	})
	require.Greater(t, checked, 500)
}

// exposed returns the types that the exported declarations of a file show.
func exposed(file *ast.File) (types []ast.Node) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Name.IsExported() && (decl.Recv == nil || ast.IsExported(receiver(decl))) {
				types = append(types, decl.Type)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.IsExported() {
					types = append(types, shown(spec)...)
				}
			}
		}
	}
	return types
}

// shown returns what go doc shows of a type: of a struct the exported fields.
func shown(spec *ast.TypeSpec) (types []ast.Node) {
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return []ast.Node{spec.Type}
	}
	for _, f := range s.Fields.List {
		if len(f.Names) == 0 { // its methods are shown
			types = append(types, f.Type)
		}
		for _, name := range f.Names {
			if name.IsExported() {
				types = append(types, f.Type)
			}
		}
	}
	return types
}

// receiver returns the name of the type to which a method belongs.
func receiver(fn *ast.FuncDecl) string {
	x := fn.Recv.List[0].Type
	for {
		switch y := x.(type) {
		case *ast.StarExpr:
			x = y.X
		case *ast.IndexExpr:
			x = y.X
		case *ast.IndexListExpr:
			x = y.X
		case *ast.Ident:
			return y.Name
		default:
			return ""
		}
	}
}
