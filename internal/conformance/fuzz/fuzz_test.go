package fuzz

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

var (
	programs = flag.Int("programs", 200, "how many fresh programs to compare with CPython, where it is installed")
	seed     = flag.Uint64("seed", 0, "the seed of the first fresh program; zero takes one from the clock")
	failures = flag.Int("failures", 3, "after how many differences to stop")
)

func TestFreshProgramsRunAsOnCPython(t *testing.T) {
	py := startPython(t)
	if py == nil {
		t.Skipf("no %s: TestGoldenTraces compares what it printed once", oracleVersion)
	}
	first := *seed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	differs := func(p program) bool { return py.run(t, p) != interpret(t, p) }
	failed := 0
	for s := first; s < first+uint64(*programs) && failed < *failures; s++ {
		if p := generate(s); differs(p) {
			failed++
			p = shrink(p, differs)
			t.Errorf("seed %d differs; the smallest program that does:\n%s\n%s", s, numbered(p), diff(py.run(t, p), interpret(t, p)))
		}
	}
}

// numbered is the text of a program with the numbers of its lines.
func numbered(p program) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(p.String(), "\n"), "\n") {
		fmt.Fprintf(&b, "%3d %s\n", i, line)
	}
	return b.String()
}

// diff shows two traces from the line on in which they differ, and a few before.
func diff(python, here string) string {
	a, b := strings.Split(python, "\n"), strings.Split(here, "\n")
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	const around = 12
	part := func(lines []string, from, to int) string {
		return strings.Join(lines[max(0, from):min(len(lines), to)], "\n  ")
	}
	return fmt.Sprintf("both:\n  %s\nCPython:\n  %s\nhere:\n  %s\n",
		part(a, same-around, same), part(a, same, same+around), part(b, same, same+around))
}
