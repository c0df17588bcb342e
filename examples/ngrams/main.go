// Command ngrams counts the n-grams of a text: MapReduce on worker processes. main.py is
// the original.
//
//	go run ./examples/ngrams [-n N] [-lines N] [-top N] [-workers N] FILE
//
// The file is cut into partitions of lines. Workers count each one by itself, and again
// in workers the counts are merged two by two, until one is left.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

type counter map[string]int

type partition struct {
	Lines []string
	N     int
}

var letters = regexp.MustCompile("[a-z]+")

var count = executor.Register("count", func(_ context.Context, p partition) (counter, error) {
	ngrams := counter{}
	for _, line := range p.Lines {
		words := letters.FindAllString(strings.ToLower(line), -1)
		for i := range len(words) - p.N + 1 {
			ngrams[strings.Join(words[i:i+p.N], " ")]++
		}
	}
	return ngrams, nil
})

var merge = executor.Register("merge", func(_ context.Context, counts []counter) (counter, error) {
	for _, other := range counts[1:] {
		for ngram, times := range other {
			counts[0][ngram] += times
		}
	}
	return counts[0], nil
})

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	n := flag.Int("n", 2, "how many words make an n-gram")
	size := flag.Int("lines", 1000, "how many lines make a partition")
	top := flag.Int("top", 10, "how many n-grams to print")
	workers := flag.Int("workers", 4, "how many worker processes")
	flag.Parse()
	text, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		return err
	}
	bind := func(lines []string) executor.Call[counter] { return count.Bind(partition{lines, *n}) }
	return executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: *workers}, func(pool *executor.ProcessPool) error {
		counts, err := executor.Collect(executor.Map(ctx, pool, bind, slices.Chunk(strings.Split(string(text), "\n"), *size), executor.MapOptions{}))
		for err == nil && len(counts) > 1 {
			counts, err = executor.Collect(executor.Map(ctx, pool, merge.Bind, slices.Chunk(counts, 2), executor.MapOptions{}))
		}
		if err != nil {
			return err
		}
		total := counts[0]
		order := slices.SortedFunc(maps.Keys(total), func(a, b string) int { return cmp.Or(total[b]-total[a], cmp.Compare(a, b)) })
		for _, ngram := range order[:min(*top, len(order))] {
			fmt.Printf("%5d %s\n", total[ngram], ngram)
		}
		return nil
	})
}
