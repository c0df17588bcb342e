package docscheck

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/seed-1b9fde7b/asyncgo"

// imports are the packages that a block may use without saying so.
var imports = map[string]string{
	"pb":       "github.com/cheggaaa/pb/v3",
	"executor": module + "/executor",
	"future":   module + "/future",
	"loop":     module + "/loop",
	"shared":   module + "/shared",
}

func init() {
	for _, std := range []string{"bytes", "context", "encoding/json", "errors", "fmt", "io", "iter", "log", "log/slog", "io/fs", "maps", "math", "net", "net/http", "os", "os/exec", "os/signal", "path/filepath", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "syscall", "testing", "testing/synctest", "time"} {
		imports[filepath.Base(std)] = std
	}
	// Folders below loop/ come with the library's growth.
	found, _ := filepath.Glob(filepath.Join(root, "loop", "*", "*.go"))
	for _, file := range found {
		name := filepath.Base(filepath.Dir(file))
		imports[name] = module + "/loop/" + name
	}
}

// TestBlocksCompile gives every Go block a package of its own in a temporary
// module, and vets them all at once.
func TestBlocksCompile(t *testing.T) {
	watchSources(t)
	dir := t.TempDir()
	writeModule(t, dir)
	where := map[string]string{} // folder of a block: where it stands
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.lang != "go" || b.snippet != "" {
				continue
			}
			at := fmt.Sprintf("%s:%d", p.path, b.line)
			name := fmt.Sprintf("block%d", len(where))
			where[name] = at
			code, err := complete(b.code)
			require.NoError(t, err, at)
			write(t, filepath.Join(dir, name, "block.go"), code)
			if b.prelude != "" && !strings.HasPrefix(b.code, "package ") {
				prelude, err := complete(b.prelude)
				require.NoError(t, err, at)
				write(t, filepath.Join(dir, name, "prelude.go"), prelude)
			}
		}
	}
	require.NotEmpty(t, where)

	// Unused prelude and a return in the middle are what documentation is like.
	cmd := exec.CommandContext(t.Context(), "go", "vet", "-mod=mod", "-unreachable=false", "./...")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	report := string(out)
	for _, name := range slices.Sorted(maps.Keys(where)) {
		report = strings.ReplaceAll(report, name+"/", where[name]+" ")
	}
	require.NoError(t, err, "a block does not compile; line numbers count from its head:\n%s", report)
}

// watchSources opens the folders of the library, for go test remembers the result
// of a test for as long as what it opened is unchanged, and does not see what
// go vet reads.
func watchSources(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"executor", "future", "loop", "shared", "internal"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, dir), func(_ string, _ fs.DirEntry, err error) error { return err }))
	}
}

// writeModule makes dir a module that requires what this one does, and this one.
func writeModule(t *testing.T, dir string) {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("%s\nrequire %s v0.0.0\nreplace %s => %s\n",
		strings.Replace(string(mod), "module "+module, "module docs", 1), module, module, here))
	write(t, filepath.Join(dir, "go.sum"), string(sum))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// complete makes a file of code: it adds what a block leaves out.
func complete(code string) (string, error) {
	if strings.HasPrefix(code, "package ") {
		return code, nil
	}
	decls := "\n" + code
	file, err := parser.ParseFile(token.NewFileSet(), "block.go", "package p"+decls, 0)
	if err != nil {
		body, err := statements(code)
		if err != nil {
			return "", err
		}
		decls = body
		if file, err = parser.ParseFile(token.NewFileSet(), "block.go", "package p"+decls, 0); err != nil {
			return "", err
		}
	}
	needed := map[string]bool{}
	for _, ident := range file.Unresolved {
		if path, ok := imports[ident.Name]; ok {
			needed[path] = true
		}
	}
	for _, spec := range file.Imports {
		delete(needed, strings.Trim(spec.Path.Value, `"`))
	}
	head := "package p"
	for _, path := range slices.Sorted(maps.Keys(needed)) {
		head += fmt.Sprintf("; import %q", path)
	}
	return head + "\n" + decls, nil
}

// statements wraps code in a function with a ctx that returns an error, and
// uses the variables that it declares.
func statements(code string) (string, error) {
	wrapped := "\nfunc _(ctx context.Context) error { {\n" + code
	file, err := parser.ParseFile(token.NewFileSet(), "block.go", "package p"+wrapped+"}; return nil }", 0)
	if err != nil {
		return "", err
	}
	uses := map[string]bool{}
	fn := file.Decls[0].(*ast.FuncDecl)
	for _, stmt := range fn.Body.List[0].(*ast.BlockStmt).List {
		assign, ok := stmt.(*ast.AssignStmt)
		if !ok || assign.Tok != token.DEFINE {
			continue
		}
		for _, lhs := range assign.Lhs {
			if ident, ok := lhs.(*ast.Ident); ok && ident.Name != "_" {
				uses[ident.Name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(uses)) {
		wrapped += "_ = " + name + "\n"
	}
	return wrapped + "}; return nil }\n", nil
}
