package fuzz

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew, by asking CPython")

const (
	goldenFile = "testdata/golden.txt"
	foundFile  = "testdata/found.txt" // the smallest programs that once differed
)

// A golden is a program and what CPython printed for it.
type golden struct {
	name  string
	text  string
	trace string
}

// readGolden reads a file: of each program a line "== NAME", its text, a line "--", and
// its trace.
func readGolden(t *testing.T, file string) (list []golden) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, part := range strings.Split(string(data), "== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		text, trace, ok := strings.Cut(rest, "--\n")
		require.True(t, ok, name)
		list = append(list, golden{name, text, trace})
	}
	return list
}

// writeGolden asks CPython about programs that are worth keeping: of moderate size,
// each with an instruction that none is rarer than among those before.
func writeGolden(t *testing.T, py *python) {
	t.Helper()
	const wanted = 200
	var b strings.Builder
	seen := map[string]int{}
	kept := 0
	for seed := uint64(1); kept < wanted; seed++ {
		least := seen["nop"]
		for word := range instructions {
			least = min(least, seen[word])
		}
		p := generate(seed)
		text := p.String()
		words := map[string]bool{}
		rare := false
		(&op{kids: p}).walk(func(at place) { words[at.op().do] = true })
		for word := range words {
			rare = rare || seen[word] <= least
		}
		if n := strings.Count(text, "\n"); !rare || n < 6 || n > 32 {
			continue
		}
		trace := py.run(t, p)
		if n := strings.Count(trace, "\n"); n < 12 || n > 50 {
			continue
		}
		for word := range words {
			seen[word]++
		}
		kept++
		fmt.Fprintf(&b, "== seed %d\n%s--\n%s", seed, text, trace)
	}
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(goldenFile, []byte(b.String()), 0o644))
}

func TestGoldenTraces(t *testing.T) {
	py := startPython(t)
	if *update {
		require.NotNil(t, py, "no %s", oracleVersion)
		writeGolden(t, py)
		var b strings.Builder
		for _, g := range readGolden(t, foundFile) {
			fmt.Fprintf(&b, "== %s\n%s--\n%s", g.name, g.text, py.run(t, parse(g.text)))
		}
		require.NoError(t, os.WriteFile(foundFile, []byte(b.String()), 0o644))
	}
	list := readGolden(t, goldenFile)
	require.Len(t, list, 200)
	list = append(list, readGolden(t, foundFile)...)
	used := map[string]bool{}
	for _, g := range list {
		p := parse(g.text)
		(&op{kids: p}).walk(func(at place) { used[at.op().do] = true })
		if got := interpret(t, p); got != g.trace {
			t.Errorf("%s differs:\n%s\n%s", g.name, numbered(p), diff(g.trace, got))
		}
		if py != nil {
			require.Equal(t, g.trace, py.run(t, p), "the file is not what CPython prints; see -update")
		}
	}
	for word := range instructions {
		require.True(t, used[word], "no program has the instruction %q", word)
	}
}
