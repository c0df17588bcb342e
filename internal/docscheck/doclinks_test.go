package docscheck

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// unresolved is what a link of a doc comment looks like that leads nowhere: pkg.go.dev
// and gopls show it with its brackets.
var unresolved = regexp.MustCompile(`(?:^|[\s(*"',;:])(\[\*?[A-Za-z][\w./-]*\])(?:$|[\s).,;:!?"'])`)

// listOfNoList is a list that is shown as a paragraph.
var listOfNoList = regexp.MustCompile(`\n\s*(?:-|\*|•|\d+[.)]) `)

// A rendering is a package as pkg.go.dev shows it.
type rendering struct {
	folder string
	pkg    *doc.Package
	fset   *token.FileSet
	known  map[string]map[string]bool // the names of other packages
}

// renderings returns every package that other modules can import, and the commands.
func renderings(t *testing.T) (all []*rendering) {
	t.Helper()
	known := map[string]map[string]bool{}
	for _, top := range []string{".", "future", "executor", "loop", "shared"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, top), func(dir string, e fs.DirEntry, err error) error {
			if err != nil || !e.IsDir() {
				return err
			}
			folder, _ := filepath.Rel(root, dir)
			folder = filepath.ToSlash(folder)
			if e.Name() == "internal" || e.Name() == "examples" || e.Name() == "testdata" {
				return fs.SkipDir
			}
			r := &rendering{folder: folder, fset: token.NewFileSet(), known: known}
			paths, _ := filepath.Glob(filepath.Join(dir, "*.go"))
			var files []*ast.File
			for _, path := range paths {
				file, err := parser.ParseFile(r.fset, path, nil, parser.ParseComments)
				require.NoError(t, err)
				files = append(files, file)
			}
			if len(files) > 0 {
				r.pkg, err = doc.NewFromFiles(r.fset, files, module+"/"+folder)
				require.NoError(t, err)
				all = append(all, r)
			}
			if top == "." {
				return fs.SkipDir
			}
			return nil
		}))
	}
	return all
}

// comments calls see for each comment of the package, and says of what it is.
func (r *rendering) comments(see func(what, text string)) {
	values := func(all []*doc.Value) {
		for _, v := range all {
			see(strings.Join(v.Names, ", "), v.Doc)
			for _, spec := range v.Decl.Specs {
				see(strings.Join(v.Names, ", "), spec.(*ast.ValueSpec).Doc.Text())
			}
		}
	}
	funcs := func(typ string, all []*doc.Func) {
		for _, f := range all {
			see(typ+f.Name, f.Doc)
		}
	}
	see("the package", r.pkg.Doc)
	for _, e := range r.examples() {
		see("Example"+e.Name, e.Doc)
	}
	values(r.pkg.Consts)
	values(r.pkg.Vars)
	funcs("", r.pkg.Funcs)
	for _, typ := range r.pkg.Types {
		see(typ.Name, typ.Doc)
		values(typ.Consts)
		values(typ.Vars)
		funcs("", typ.Funcs)
		funcs(typ.Name+".", typ.Methods)
		ast.Inspect(typ.Decl, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && len(f.Names) > 0 {
				see(typ.Name+"."+f.Names[0].Name, f.Doc.Text()+f.Comment.Text())
			}
			return true
		})
	}
}

func (r *rendering) examples() []*doc.Example {
	all := slices.Clone(r.pkg.Examples)
	for _, f := range r.pkg.Funcs {
		all = append(all, f.Examples...)
	}
	for _, typ := range r.pkg.Types {
		all = append(all, typ.Examples...)
		for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
			all = append(all, f.Examples...)
		}
	}
	return all
}

// problems returns what is shown badly of a comment.
func (r *rendering) problems(t *testing.T, text string) (bad []string) {
	t.Helper()
	var see func([]comment.Text)
	see = func(texts []comment.Text) {
		for _, x := range texts {
			switch x := x.(type) {
			case comment.Plain:
				for _, m := range unresolved.FindAllStringSubmatch(string(x), -1) {
					bad = append(bad, m[1]+" leads nowhere")
				}
				if listOfNoList.MatchString(string(x)) {
					bad = append(bad, "a list that is shown as a paragraph: indent it")
				}
			case *comment.Link:
				see(x.Text)
				if page, ok := strings.CutPrefix(x.URL, "https://"+module+"/blob/main/"); ok {
					if _, err := os.Stat(filepath.Join(root, page)); err != nil {
						bad = append(bad, "there is no "+page)
					}
				}
			case *comment.DocLink:
				if name := strings.TrimPrefix(x.Recv+"."+x.Name, "."); name != "" && x.ImportPath != "" && !r.knows(t, x.ImportPath, name) {
					bad = append(bad, "there is no "+name+" in "+x.ImportPath)
				}
			}
		}
	}
	var blocks func([]comment.Block)
	blocks = func(all []comment.Block) {
		for _, b := range all {
			switch b := b.(type) {
			case *comment.Heading:
				see(b.Text)
			case *comment.Paragraph:
				see(b.Text)
			case *comment.List:
				for _, item := range b.Items {
					blocks(item.Content)
				}
			}
		}
	}
	parsed := r.pkg.Parser().Parse(text)
	blocks(parsed.Content)
	for _, link := range parsed.Links {
		if !link.Used {
			bad = append(bad, "nothing refers to ["+link.Text+"]: "+link.URL)
		}
	}
	return bad
}

func (r *rendering) knows(t *testing.T, path, name string) bool {
	t.Helper()
	if r.known[path] == nil {
		r.known[path] = namesFrom(t, filepath.Join(root, r.folder), path)
	}
	return r.known[path][name]
}

// compiled are the examples that need machines of a reader, so that go test cannot run them.
var compiled = []string{"natsexec.ExampleNew", "natsexec.ExampleServe"}

// misleading returns the methods that are shown with a receiver that they do not have, as
// when they are those of an embedded pointer or of what a generic type embeds.
func misleading(pkg *doc.Package) (found []string) {
	for _, typ := range pkg.Types {
		generic := typ.Decl.Specs[0].(*ast.TypeSpec).TypeParams != nil
		for _, m := range typ.Methods {
			if m.Level > 0 && (generic != strings.Contains(m.Recv, "[") || strings.HasPrefix(m.Orig, "*") != strings.HasPrefix(m.Recv, "*")) {
				found = append(found, typ.Name+"."+m.Name)
			}
		}
	}
	return found
}

// TestPackagesAreShownAsTheyAreMeant parses each comment as pkg.go.dev does, and looks at
// what else is shown badly there.
func TestPackagesAreShownAsTheyAreMeant(t *testing.T) {
	links := 0
	for _, r := range renderings(t) {
		if s := r.pkg.Synopsis(r.pkg.Doc); !regexp.MustCompile(`^(Package|Command) ` + path.Base(path.Join(module, r.folder)) + ` .{20,}\.$`).MatchString(s) {
			t.Errorf("%s: lists of packages show %q; make it one sentence", r.folder, s)
		}
		r.comments(func(what, text string) {
			links += strings.Count(text, "[")
			for _, problem := range r.problems(t, text) {
				t.Errorf("%s, %s: %s", r.folder, what, problem)
			}
		})
		for _, method := range misleading(r.pkg) {
			t.Errorf("%s.%s is shown with a wrong receiver: declare it for the type itself", r.folder, method)
		}
		for _, e := range r.examples() {
			if name := path.Base(r.folder) + ".Example" + e.Name; e.Output == "" && !e.EmptyOutput && !slices.Contains(compiled, name) {
				t.Errorf("%s has no output, so that go test does not run it", name)
			}
		}
	}
	require.Greater(t, links, 300)
}

func TestProblemsOfPackages(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", `// Package x is x.
package x

import "io"

// F is.
func F(io.Reader) {}

type core struct{}

// Good is shown as it is.
func (c *core) Good() {}

type Plain struct{ core }

type Pointer struct{ *core }

type Generic[T any] struct{ core }
`, parser.ParseComments)
	require.NoError(t, err)
	pkg, err := doc.NewFromFiles(fset, []*ast.File{file}, "x")
	require.NoError(t, err)
	require.Equal(t, []string{"Generic.Good", "Pointer.Good"}, misleading(pkg))
	r := &rendering{pkg: pkg, fset: fset, known: map[string]map[string]bool{}}
	for text, want := range map[string]string{
		"See [F], [io.Reader] and [io.Reader.Read]; a[i], [T any] and f[T](x).": "",
		"See [G].":                  "[G] leads nowhere",
		"See [*json.Decoder]":       "[*json.Decoder] leads nowhere",
		"See [io.Rider].":           "there is no Rider in io",
		"It has:\n- a\n- b":         "a list that is shown as a paragraph: indent it",
		"It has:\n  - a [G]\n  - b": "[G] leads nowhere",
		"See [the page].\n\n[the page]: https://" + module + "/blob/main/docs/none.md":   "there is no docs/none.md",
		"See [the page].\n\n[the page]: https://" + module + "/blob/main/docs/README.md": "",
		"See the page.\n\n[the page]: https://" + module + "/blob/main/docs/README.md":   "nothing refers to [the page]: https://" + module + "/blob/main/docs/README.md",
	} {
		require.Equal(t, want, strings.Join(r.problems(t, text), "; "), text)
	}
}
