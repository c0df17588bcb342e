package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// report writes the ten most frequent words, the first in the alphabet first
// among equals, and what it took to count them.
func report(out io.Writer, total tally, workers int, took time.Duration) error {
	var b strings.Builder
	for _, w := range top(total.Words, 10) {
		fmt.Fprintf(&b, "%10d  %s\n", w.count, w.word)
	}
	fmt.Fprintf(&b, "%d files, %d bytes, %d workers, %.2f s", total.Files, total.Bytes, workers, took.Seconds())
	if total.Binary > 0 {
		fmt.Fprintf(&b, "; %d files hold no text", total.Binary)
	}
	if n := len(total.Unreadable); n > 0 {
		fmt.Fprintf(&b, "; %d could not be read", n)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(out, b.String())
	return err
}

type wordCount struct {
	word  string
	count int
}

func top(words map[string]int, n int) []wordCount {
	all := make([]wordCount, 0, len(words))
	for word, count := range words {
		all = append(all, wordCount{word, count})
	}
	slices.SortFunc(all, func(a, b wordCount) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.word, b.word))
	})
	return all[:min(n, len(all))]
}
