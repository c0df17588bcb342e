package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A tally is what was counted in some files. It travels from the nodes.
type tally struct {
	Words  map[string]int
	Files  int
	Bytes  int64
	Binary int // files that hold no text
}

// region register
// countPart counts the words of some texts, on a node.
var countPart = executor.Register("cluster.count", func(_ context.Context, texts [][]byte) (tally, error) {
	return countTexts(texts), nil
})

// endregion register

func countTexts(texts [][]byte) tally {
	t := tally{Words: map[string]int{}}
	for _, text := range texts {
		if bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 { // as git has it
			t.Binary++
			continue
		}
		t.Files++
		t.Bytes += int64(len(text))
		for word := range bytes.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
			if first, _ := utf8.DecodeRune(word); unicode.IsLetter(first) { // and no number
				t.Words[string(bytes.ToLower(word))]++
			}
		}
	}
	return t
}

func (t *tally) merge(other tally) {
	if t.Words == nil {
		t.Words = make(map[string]int)
	}
	for word, n := range other.Words {
		t.Words[word] += n
	}
	t.Files += other.Files
	t.Bytes += other.Bytes
	t.Binary += other.Binary
}

func (t *tally) equal(other tally) bool {
	return maps.Equal(t.Words, other.Words) && t.Files == other.Files && t.Bytes == other.Bytes && t.Binary == other.Binary
}

// partSize is how many bytes travel together.
const partSize = 256 << 10

// parts reads the files below dir and yields what is in them, some together. What goes
// wrong is in *failed then.
func parts(dir string, failed *error) iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		var part [][]byte
		size := 0
		*failed = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != dir {
				return filepath.SkipDir // that of git, say
			}
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			part = append(part, text)
			if size += len(text); size < partSize {
				return nil
			}
			full := part
			part, size = nil, 0
			if !yield(full) {
				return filepath.SkipAll
			}
			return nil
		})
		if *failed == nil && len(part) > 0 {
			yield(part)
		}
	}
}

// report writes the ten most frequent words.
func report(out io.Writer, total tally, nodes int, took time.Duration) error {
	var b strings.Builder
	words := slices.SortedFunc(maps.Keys(total.Words), func(x, y string) int {
		return cmp.Or(cmp.Compare(total.Words[y], total.Words[x]), cmp.Compare(x, y))
	})
	for _, word := range words[:min(10, len(words))] {
		fmt.Fprintf(&b, "%10d  %s\n", total.Words[word], word)
	}
	fmt.Fprintf(&b, "%d files, %d bytes, %d nodes, %.2f s; %d hold no text\n", total.Files, total.Bytes, nodes, took.Seconds(), total.Binary)
	_, err := io.WriteString(out, b.String())
	return err
}
