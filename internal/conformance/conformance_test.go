package conformance_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestMain(m *testing.M) {
	executor.Main()
	// The thread that owns this process's shared locks lives as long as it.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread"))
}

// ports holds the Go port of each case, by "area/NN-name". The file of each area
// fills it in.
var ports = map[string]func(*out){}

// notPorted says, for each case without a port, why it cannot have one.
var notPorted = map[string]string{}

// port registers the port of a case.
func port(name string, fn func(*out)) bool {
	if ports[name] != nil {
		panic("two ports of " + name)
	}
	ports[name] = fn
	return true
}

// out takes what a port prints, in place of standard output. It is safe from
// every goroutine.
type out struct {
	*testing.T
	mu   sync.Mutex
	text strings.Builder
}

// Print prints its operands with spaces between them, as Python's print does.
func (o *out) Print(words ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Fprintln(&o.text, words...)
}

// Printf prints one line.
func (o *out) Printf(format string, args ...any) {
	o.Print(fmt.Sprintf(format, args...))
}

// yes is how the cases print a truth value.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func cases(t *testing.T) []string {
	t.Helper()
	var names []string
	require.NoError(t, fs.WalkDir(os.DirFS("testdata"), ".", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".py" {
			names = append(names, strings.TrimSuffix(path, ".py"))
		}
		return err
	}))
	slices.Sort(names)
	require.NotEmpty(t, names)
	return names
}

// TestPython runs the port of every case and compares what it prints with what
// CPython prints for the original.
func TestPython(t *testing.T) {
	all := cases(t)
	ported := 0
	for _, name := range all {
		fn := ports[name]
		if fn == nil {
			continue
		}
		ported++
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata", name+".out"))
			require.NoError(t, err)
			o := &out{T: t}
			fn(o)
			require.Equal(t, string(want), o.text.String())
		})
	}
	t.Logf("%d of %d cases ported", ported, len(all))
}

// TestEveryCaseIsPortedOrSaysWhyNot keeps the table honest.
func TestEveryCaseIsPortedOrSaysWhyNot(t *testing.T) {
	known := map[string]bool{}
	for _, name := range cases(t) {
		known[name] = true
		switch {
		case ports[name] != nil && notPorted[name] != "":
			t.Errorf("%s: ported, and said not to be", name)
		case ports[name] == nil && notPorted[name] == "":
			t.Errorf("%s: no port, and no reason", name)
		case ports[name] == nil:
			t.Logf("%-45s %s", name, notPorted[name])
		}
	}
	for name := range ports {
		require.True(t, known[name], "port of an unknown case %q", name)
	}
}
