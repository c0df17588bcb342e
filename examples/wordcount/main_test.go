package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestMain(m *testing.M) {
	executor.Main() // the test binary is its own worker
	// The thread on which this process holds its shared locks stays.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread"))
}

func needsProcesses(t *testing.T) {
	t.Helper()
}

// build builds the example as a user would.
func build(t *testing.T) string {
	t.Helper()
	needsProcesses(t)
	program := exampletest.Build(t)
	return program
}

// library writes files of random words below a temporary directory.
func library(t *testing.T, files, words int) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	vocabulary := strings.Fields("The the Über über naïve x1 1x _a_b 42 don't 数学 ⅷ i ı İ\n")
	for i := range files {
		sub := filepath.Join(dir, fmt.Sprint(i%7))
		require.NoError(t, os.MkdirAll(sub, 0o755))
		var b strings.Builder
		for range random.IntN(words) {
			b.WriteString(vocabulary[random.IntN(len(vocabulary))])
			b.WriteByte(" \n,."[random.IntN(4)])
		}
		require.NoError(t, os.WriteFile(filepath.Join(sub, fmt.Sprintf("%d.txt", i)), []byte(b.String()), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "picture"), []byte("PNG\x00 the the"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600))
	return dir
}

// naive counts in one thread and in another way.
func naive(t *testing.T, dir string) (map[string]int, int64) {
	t.Helper()
	words := map[string]int{}
	var size int64
	found, err := walk(t.Context(), dir)
	require.NoError(t, err)
	for _, f := range found.files {
		text, err := os.ReadFile(f.Path)
		require.NoError(t, err)
		if strings.ContainsRune(string(text), 0) {
			continue
		}
		size += int64(len(text))
		for _, word := range strings.FieldsFunc(string(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
			if unicode.IsLetter([]rune(word)[0]) {
				words[strings.Map(unicode.ToLower, word)]++
			}
		}
	}
	return words, size
}

// silent shows no progress, but remembers it.
type silent struct{ total, drawn, finished int64 }

func (s *silent) start(total int64) { s.total = total }
func (s *silent) draw(done int64)   { s.drawn = done }
func (s *silent) finish(done int64) { s.finished = done }

func counted(t *testing.T, files []file, workers int, show progress) tally {
	t.Helper()
	total, err := loop.Run(t.Context(), func(ctx context.Context) (tally, error) {
		return count(ctx, files, workers, show)
	})
	require.NoError(t, err)
	return total
}

func TestEqualsASingleThreadedCount(t *testing.T) {
	needsProcesses(t)
	dir := library(t, 300, 2000)
	found, err := walk(t.Context(), dir)
	require.NoError(t, err)
	want, size := naive(t, dir)

	show := &silent{}
	total := counted(t, found.files, 3, show)
	require.Equal(t, want, total.Words)
	require.Equal(t, 301, total.Files, "with the empty one")
	require.Equal(t, 1, total.Binary)
	require.Equal(t, size, total.Bytes)
	require.Empty(t, total.Unreadable)
	require.Equal(t, totalSize(found.files), show.total)
	require.Equal(t, show.total, show.finished, "the workers' counter has seen every file")
}

func TestUnreadableFilesAreCountedAndNotFatal(t *testing.T) {
	needsProcesses(t)
	dir := library(t, 20, 50)
	found, err := walk(t.Context(), dir)
	require.NoError(t, err)
	gone := found.files[5].Path
	require.NoError(t, os.Remove(gone)) // between the walk and the count
	// A directory opens, and cannot be read.
	files := append(found.files, file{Path: filepath.Dir(gone), Size: 1})

	total := counted(t, files, 2, &silent{})
	require.Equal(t, 20, total.Files)
	require.Len(t, total.Unreadable, 2)
	require.Contains(t, strings.Join(total.Unreadable, "\n"), gone)

	var b strings.Builder
	require.NoError(t, report(&b, total, 2, 0))
	require.Contains(t, b.String(), "20 files")
	require.Contains(t, b.String(), "2 could not be read")
}

func TestNoFilesAtAll(t *testing.T) {
	needsProcesses(t)
	total := counted(t, nil, 2, &silent{})
	require.Zero(t, total.Files)
}

func TestADirectoryThatDoesNotExist(t *testing.T) {
	_, err := walk(t.Context(), filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPartitionsHaveEveryFileOnce(t *testing.T) {
	var files []file
	want := map[string]int{}
	for i := range 1000 {
		path := fmt.Sprint(i)
		files = append(files, file{path, int64(i % 17 * 100)})
		want[path] = 1
	}
	parts := partitions(files, 4)
	require.Greater(t, len(parts), 32)
	got := map[string]int{}
	for _, part := range parts {
		for _, f := range part {
			got[f.Path]++
		}
	}
	require.True(t, maps.Equal(want, got))
}

func TestLinesComeOncePerTenth(t *testing.T) {
	var b strings.Builder
	l := &lines{to: &b}
	l.start(1000)
	for done := range int64(1000) {
		l.draw(done)
	}
	l.finish(1000)
	require.Equal(t, 11, strings.Count(b.String(), "\n"))
	require.True(t, strings.HasSuffix(b.String(), "1000 of 1000 bytes\n"))
}

func TestTheBarIsDrawnInPlace(t *testing.T) {
	var b strings.Builder
	show := &bar{to: &b}
	show.start(1 << 20)
	show.draw(1 << 19)
	show.finish(1 << 20)
	require.Contains(t, b.String(), "50.00%")
	require.Contains(t, b.String(), "100.00%")
}
