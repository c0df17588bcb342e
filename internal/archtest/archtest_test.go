// Package archtest holds the test of which package imports which:
//
//	loop ──► executor ──► future      shared
//	  └───────────────────►┘             │
//	  │          │          │            ▼
//	  └──────────┴──────────┴────────► internal/…
//
// Arrows never point back up, and nothing that only tests need reaches a
// user's binary. The linter's depguard rules say the same of direct imports;
// this test follows them all the way, on every system.
package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/seed-1b9fde7b/asyncgo"

// A layer says what a package may depend on, directly or through others. A
// name that ends in a slash stands for everything below it.
type layer struct {
	pkg    string   // of this module
	ours   []string // packages of this module
	others []string // packages of other modules
}

var layers = []layer{
	{"internal/", []string{"internal/"}, system},
	{"future", []string{"internal/bridge", "internal/foreign", "internal/origin", "internal/safelog", "internal/stacks", "internal/whose"}, []string{goid, "github.com/sourcegraph/conc/panics"}},
	{"shared", []string{"internal/"}, system},
	{"executor", []string{"executor/internal/", "future", "internal/"}, pools},
	{"executor/internal/codec", []string{"future", "internal/bridge", "internal/foreign", "internal/origin", "internal/safelog", "internal/stacks", "internal/whose"}, []string{goid, "github.com/sourcegraph/conc/panics", "github.com/fxamacker/cbor/", "github.com/x448/float16"}},
	{"executor/internal/child", []string{"future", "internal/"}, append([]string{"github.com/sourcegraph/conc/panics"}, system...)},
	{"executor/internal/sched", nil, nil}, // a value: not even this module's
	{"executor/internal/poolset", []string{"executor", "executor/internal/", "future", "internal/"}, pools}, // above executor: what exports its numbers
	{"executor/executortest", []string{"executor", "executor/internal/", "future", "internal/"}, append(tests, pools...)},
	{"loop", []string{"executor", "executor/internal/", "future", "internal/"}, pools},
	{"loop/", []string{"loop", "loop/", "executor", "executor/internal/", "future", "internal/"}, pools},
	{"loop/internal/looptest", []string{"loop", "executor", "executor/internal/", "future", "internal/"}, append(tests, pools...)},
}

const goid = "github.com/petermattis/goid"

var (
	system = []string{goid, "golang.org/x/sys/"}
	pools  = []string{
		goid, "golang.org/x/sys/", "golang.org/x/sync/",
		"github.com/sourcegraph/conc", "github.com/sourcegraph/conc/",
		"github.com/fxamacker/cbor/", "github.com/x448/float16",
	}

	// What only test suites may need: the exported one, and that of loop.
	tests = []string{"testing", "github.com/stretchr/testify/", "go.yaml.in/", "go.uber.org/goleak"}
)

// exempt are the folders in which no library code lives.
var exempt = []string{"examples", "examples/", "internal/archtest", "internal/docscheck", "internal/exampletest", "internal/termsvg", "internal/conformance/", "internal/conformance"}

// A pkg is what go list says of one package.
type pkg struct {
	ImportPath string
	Standard   bool
	Deps       []string // transitive
}

func TestArrowsNeverPointUp(t *testing.T) {
	watchSources(t)
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) {
			all := list(t, goos)
			checked := 0
			for _, p := range all {
				name, ok := strings.CutPrefix(p.ImportPath, module+"/")
				if !ok || contains(exempt, name) {
					continue
				}
				checked++
				may, ok := layerOf(name)
				require.True(t, ok, "%s is in no layer: say in archtest_test.go what it may import", name)
				for _, dep := range p.Deps {
					if inner, ok := strings.CutPrefix(dep, module+"/"); ok {
						if !contains(may.ours, inner) {
							t.Errorf("%s depends on %s, which is above it or beside it", name, inner)
						}
						continue
					}
					if all[dep].Standard && dep != "testing" {
						continue
					}
					if !contains(may.others, dep) {
						t.Errorf("%s depends on %s, which is not one of its dependencies", name, dep)
					}
				}
			}
			require.Greater(t, checked, 5, "go list found the packages")
		})
	}
}

// watchSources opens the folders of the module, for go test remembers the result
// of a test for as long as what it opened is unchanged, and does not see what
// go list reads.
func watchSources(t *testing.T) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("../..", func(_ string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		return err
	}))
}

func layerOf(name string) (layer, bool) {
	var found layer
	for _, l := range layers {
		if contains([]string{l.pkg}, name) && len(l.pkg) > len(found.pkg) {
			found = l
		}
	}
	return found, found.pkg != ""
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name || strings.HasSuffix(n, "/") && strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}

// list returns every package of the module and everything that these import,
// tests left out, by path.
func list(t *testing.T, goos string) map[string]pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Deps", module+"/...")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS="+goos, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", stderr.String())

	all := map[string]pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all[p.ImportPath] = p
	}
}
