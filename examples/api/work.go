package main

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

var model = map[string]string{} // of each worker: the language of a word

var load = executor.RegisterNoResult("load", func(_ context.Context, path string) error {
	text, err := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		for _, word := range words[1:] {
			model[word] = words[0]
		}
	}
	return err
})

var guess = executor.Register("guess", func(_ context.Context, text string) (string, error) {
	hits, best := map[string]int{}, "unknown"
	for _, word := range strings.Fields(strings.ToLower(text)) {
		if language, ok := model[word]; ok {
			hits[language]++
		}
	}
	for _, language := range slices.Sorted(maps.Keys(hits)) {
		if hits[language] > hits[best] {
			best = language
		}
	}
	return best, nil
})

var spin = executor.Register("spin", func(_ context.Context, seconds string) (string, error) {
	s, err := strconv.ParseFloat(seconds, 64)
	for end := time.Now().Add(time.Duration(s * float64(time.Second))); time.Now().Before(end); {
	}
	return "done", err
})

var crash = executor.Register("crash", func(context.Context, string) (string, error) {
	os.Exit(3)
	return "", nil
})
