package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// firstKey says which argument of a method of a logger, or of a function of slog, is a
// key. After it each second argument is one.
var firstKey = map[string]int{
	"Debug": 1, "Info": 1, "Warn": 1, "Error": 1, "With": 0, "Log": 3,
	"DebugContext": 2, "InfoContext": 2, "WarnContext": 2, "ErrorContext": 2,
	"String": 0, "Int": 0, "Int64": 0, "Uint64": 0, "Bool": 0, "Float64": 0, "Duration": 0, "Time": 0, "Any": 0, "Group": 0,
}

// keysIn returns the expressions that are keys of attributes of log records in a call.
func keysIn(call *ast.CallExpr) (keys []ast.Expr) {
	every := func(args []ast.Expr) {
		for i := 0; i+1 < len(args); i += 2 {
			keys = append(keys, args[i])
		}
	}
	switch fn := call.Fun.(type) {
	case *ast.Ident: // append(attrs, key, value)
		if fn.Name != "append" {
			break
		}
		if to, ok := call.Args[0].(*ast.Ident); ok && to.Name == "attrs" {
			every(call.Args[1:])
		}
	case *ast.SelectorExpr:
		of, _ := fn.X.(*ast.Ident)
		first, ok := firstKey[fn.Sel.Name]
		isSlog := of != nil && of.Name == "slog"
		oneOf := isSlog && first == 0 && fn.Sel.Name != "With"
		switch {
		case !ok, len(call.Args) <= first, of != nil && slices.Contains([]string{"http", "trace"}, of.Name):
		case oneOf:
			keys = append(keys, call.Args[0])
		case first > 0 || fn.Sel.Name == "With" && len(call.Args)%2 == 0:
			every(call.Args[first:])
		}
	}
	return keys
}

// constantsOf returns the values of the constants of a file, by their names, and requires
// that each has a comment.
func constantsOf(t *testing.T, file string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	require.NoError(t, err)
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			literal, ok := spec.Values[0].(*ast.BasicLit)
			require.True(t, ok)
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			require.NotNil(t, spec.Comment, "%s says what type it has and what it is", spec.Names[0].Name)
			found[spec.Names[0].Name] = value
		}
		return true
	})
	return found
}

// The keys of log records are what dashboards and searches are made of: each is a
// documented constant, which is used, and no record has another.
func TestKeysOfLogRecordsAreDocumentedConstants(t *testing.T) {
	page, err := os.ReadFile("../../docs/howto/metrics.md")
	require.NoError(t, err)
	for _, pkg := range []string{"executor", "loop", "future"} {
		keys := constantsOf(t, filepath.Join("..", "..", pkg, "log_keys.go"))
		used := map[string]bool{}
		files, err := filepath.Glob(filepath.Join("..", "..", pkg, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			require.NoError(t, err)
			ast.Inspect(parsed, func(n ast.Node) bool {
				if list, ok := n.(*ast.CompositeLit); ok && isAnys(list.Type) && len(list.Elts)%2 == 0 {
					n = &ast.CallExpr{Fun: &ast.SelectorExpr{X: ast.NewIdent("logger"), Sel: ast.NewIdent("With")}, Args: list.Elts}
				}
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				for _, key := range keysIn(call) {
					if of, ok := key.(*ast.SelectorExpr); ok && of.Sel.Name == "Key" {
						continue // of an attribute of the user's, which comes from a worker
					}
					name, ok := key.(*ast.Ident)
					if !ok || keys[name.Name] == "" {
						t.Errorf("%s: the key of an attribute is a constant of %s/log_keys.go", set.Position(key.Pos()), pkg)
						continue
					}
					used[name.Name] = true
				}
				return true
			})
		}
		for name, value := range keys {
			require.True(t, used[name], "%s.%s is never used", pkg, name)
			require.Contains(t, string(page), "`"+value+"`", "%s.%s is not in the table of docs/howto/metrics.md", pkg, name)
		}
	}
	for _, folder := range []string{"shared", "loop/*", "executor/internal/*", "internal/*"} {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.Contains(file, "safelog") || strings.Contains(file, filepath.Join("internal", "bench")) {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NotContains(t, string(text), "slog.Default()", "%s logs: give the package keys of its own", file)
		}
	}
}

// isAnys reports whether a type is []any.
func isAnys(t ast.Expr) bool {
	list, ok := t.(*ast.ArrayType)
	if !ok {
		return false
	}
	of, ok := list.Elt.(*ast.Ident)
	return ok && of.Name == "any"
}
