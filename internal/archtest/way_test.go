package archtest

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxWay is through how many files of the folder executor the way of a call leads, from
// Submit to Await. A reader who wants to know what happens to a call has to open all of them.
const maxWay = 14

// The way of a call is what ran for one call of a warm process pool, measured by
// coverage: not what could be called, but what was.
func TestTheWayOfACallIsShort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Logf("there are process pools on Linux only; this is %s", runtime.GOOS)
		return
	}
	watchSources(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "way")
	build := exec.CommandContext(t.Context(), "go", "build", "-cover", "-covermode=atomic", "-coverpkg="+module+"/executor/...,"+module+"/internal/archtest/testdata/way", "-o", program, "./internal/archtest/testdata/way")
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	counters, rest := filepath.Join(dir, "counters"), filepath.Join(dir, "rest")
	require.NoError(t, os.Mkdir(counters, 0o700))
	require.NoError(t, os.Mkdir(rest, 0o700))
	run := exec.CommandContext(t.Context(), program, counters)
	run.Env = append(os.Environ(), "GOCOVERDIR="+rest)
	out, err = run.CombinedOutput()
	require.NoError(t, err, "%s", out)

	profile := filepath.Join(dir, "profile")
	out, err = exec.CommandContext(t.Context(), "go", "tool", "covdata", "textfmt", "-i="+counters, "-o="+profile).CombinedOutput()
	require.NoError(t, err, "%s", out)
	way := filesThatRan(t, profile)
	require.Contains(t, way, "call.go", "the call was seen")
	if len(way) > maxWay {
		t.Errorf("the way of a call leads through %d files of executor: %s", len(way), strings.Join(way, ", "))
	}
}

// filesThatRan returns the files of the folder executor of which a profile in the text
// format says that something in them ran, sorted.
func filesThatRan(t *testing.T, profile string) (files []string) {
	t.Helper()
	f, err := os.Open(profile)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// A line is "path/file.go:12.3,14.5 2 1": the last is how often it ran.
		name, _, ok := strings.Cut(lines.Text(), ":")
		file, inside := strings.CutPrefix(name, module+"/executor/")
		if !ok || !inside || strings.Contains(file, "/") || strings.HasSuffix(lines.Text(), " 0") {
			continue
		}
		if !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	require.NoError(t, lines.Err())
	slices.Sort(files)
	return files
}
