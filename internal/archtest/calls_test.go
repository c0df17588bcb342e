package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxCycle is how many functions may call each other in a circle. A reader keeps
// three in mind; more of them are a state machine that has not been drawn.
const maxCycle = 3

// Functions that call each other in circles are hard to reason about, the more so
// with a mutex held. Calls through interfaces and function values do not count, and a
// function literal is a function of its own unless it is called where it stands: what
// runs later, on another goroutine or from a timer, is an event of its own.
func TestCallsGoInSmallCircles(t *testing.T) {
	watchSources(t)
	g := callGraph(t, "./executor", "./executor/internal/...", "./loop", "./loop/syncs", "./loop/queue", "./future", "./shared", "./internal/...")
	require.Greater(t, len(g.calls), 500, "the functions were found")
	for _, circle := range g.circles() {
		if len(circle) > maxCycle {
			t.Errorf("%d functions call each other in a circle: %s", len(circle), strings.Join(circle, ", "))
		}
	}
}

// A graph is which function calls which, by the full names of functions.
type graph struct {
	calls map[string][]string
}

// callGraph reads the packages of the patterns, without their tests.
func callGraph(t *testing.T, patterns ...string) *graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export,DepOnly"}, patterns...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())

	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
		DepOnly                 bool
	}
	exports := map[string]string{}
	var read []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			read = append(read, p)
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	g := &graph{calls: map[string][]string{}}
	for _, p := range read {
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			files = append(files, f)
		}
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
		_, err := (&types.Config{Importer: imports}).Check(p.ImportPath, fset, files, info)
		require.NoError(t, err)
		for _, f := range files {
			g.add(f, info)
		}
	}
	return g
}

// add notes the functions of a file and what they call.
func (g *graph) add(f *ast.File, info *types.Info) {
	for _, d := range f.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok || decl.Body == nil {
			continue
		}
		fn, ok := info.Defs[decl.Name].(*types.Func)
		if !ok {
			continue
		}
		name := fn.FullName()
		g.calls[name] = nil
		g.walk(name, decl.Body, info)
	}
}

// walk notes what the body of a function calls.
func (g *graph) walk(name string, body ast.Node, info *types.Info) {
	inPlace := map[*ast.FuncLit]bool{}
	literals := 0
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			if inPlace[n] {
				return true
			}
			literals++
			literal := fmt.Sprintf("%s, literal %d", name, literals)
			g.calls[literal] = nil
			g.walk(literal, n.Body, info)
			return false
		case *ast.CallExpr:
			if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
				inPlace[lit] = true
			} else if callee := calleeOf(n.Fun, info); callee != nil {
				g.calls[name] = append(g.calls[name], callee.Origin().FullName())
			}
		}
		return true
	})
}

// calleeOf returns the function that an expression names, nil if it is known only as
// the program runs.
func calleeOf(e ast.Expr, info *types.Info) *types.Func {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		fn, _ := info.Uses[e].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, ok := info.Uses[e.Sel].(*types.Func)
		if !ok {
			return nil
		}
		if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			return nil
		}
		return fn
	case *ast.IndexExpr:
		return calleeOf(e.X, info)
	case *ast.IndexListExpr:
		return calleeOf(e.X, info)
	}
	return nil
}

// circles returns the strongly connected parts of more than one function, by Tarjan's
// algorithm.
func (g *graph) circles() [][]string {
	var (
		found       [][]string
		stack       []string
		index, low  = map[string]int{}, map[string]int{}
		onStack     = map[string]bool{}
		visit       func(string)
		byName      []string
		neighbours  = func(f string) []string { return g.calls[f] }
		isOurs      = func(f string) bool { _, ok := g.calls[f]; return ok }
		startNumber = 1
	)
	visit = func(f string) {
		index[f], low[f] = startNumber, startNumber
		startNumber++
		stack = append(stack, f)
		onStack[f] = true
		for _, next := range neighbours(f) {
			switch {
			case !isOurs(next):
			case index[next] == 0:
				visit(next)
				low[f] = min(low[f], low[next])
			case onStack[next]:
				low[f] = min(low[f], index[next])
			}
		}
		if low[f] != index[f] {
			return
		}
		at := slices.Index(stack, f)
		circle := slices.Clone(stack[at:])
		stack = stack[:at]
		for _, name := range circle {
			onStack[name] = false
		}
		if len(circle) > 1 {
			slices.Sort(circle)
			found = append(found, circle)
		}
	}
	for f := range g.calls {
		byName = append(byName, f)
	}
	slices.Sort(byName)
	for _, f := range byName {
		if index[f] == 0 {
			visit(f)
		}
	}
	return found
}
