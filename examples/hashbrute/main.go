// Command hashbrute finds the word of small letters that has a SHA-256: brute force on
// worker processes. main.py is the original.
//
//	go run ./examples/hashbrute [-workers N] [-length N] SHA256
//
// Each call tries the words with one first letter. The one that finds the word sets an
// event that all workers share, at which the others look now and then.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"math"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

type job struct {
	First, Target string
	Length        int
	Found         *shared.Event
}

var search = executor.Register("search", func(_ context.Context, j job) (string, error) {
	word := []byte(strings.Repeat(j.First, j.Length))
	for tried := range int(math.Pow(26, float64(j.Length-1))) {
		if tried%10_000 == 0 && j.Found.IsSet() {
			break
		}
		for i, n := j.Length-1, tried; i > 0; i, n = i-1, n/26 {
			word[i] = 'a' + byte(n%26)
		}
		if fmt.Sprintf("%x", sha256.Sum256(word)) == j.Target {
			j.Found.Set()
			return string(word), nil
		}
	}
	return "", nil
})

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	workers := flag.Int("workers", 4, "how many worker processes")
	length := flag.Int("length", 4, "of the word")
	flag.Parse()
	found, err := shared.NewEvent()
	if err != nil {
		return err
	}
	bind := func(first string) executor.Call[string] { return search.Bind(job{first, flag.Arg(0), *length, found}) }
	letters := strings.SplitSeq("abcdefghijklmnopqrstuvwxyz", "")
	return executor.WithProcessPool(ctx, executor.ProcessConfig{Workers: *workers}, func(pool *executor.ProcessPool) error {
		for word, err := range executor.Map(ctx, pool, bind, letters, executor.MapOptions{Unordered: true}) {
			if err != nil || word != "" {
				fmt.Println(word)
				return err
			}
		}
		return errors.New("no such word")
	})
}
