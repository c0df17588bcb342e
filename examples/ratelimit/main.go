// Command ratelimit fetches URLs: so many requests a second, and so many at the same time.
// main.py is the original.
//
//	go run ./examples/ratelimit [-rate N] [-at-once N] URL…
//
// It prints status, size and URL, in the order of the list.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

type limiter struct { // needs no lock: only tasks of one loop use it
	began          time.Time
	interval, next time.Duration
}

func (l *limiter) wait(ctx context.Context) error {
	now := time.Since(l.began)
	at := max(now, l.next)
	l.next = at + l.interval
	return loop.Sleep(ctx, at-now)
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	size, err := io.Copy(io.Discard, response.Body)
	return fmt.Sprint(response.StatusCode, " ", size, " ", url), err
}

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	rate := flag.Float64("rate", 10, "requests a second")
	atOnce := flag.Int("at-once", 3, "requests at the same time")
	flag.Parse()
	pages, err := fetch(ctx, flag.Args(), *rate, *atOnce)
	for _, page := range pages {
		fmt.Println(page)
	}
	return err
}

func fetch(ctx context.Context, urls []string, rate float64, atOnce int) ([]string, error) {
	slots, limit := syncs.NewSemaphore(atOnce), limiter{began: time.Now(), interval: time.Duration(float64(time.Second) / rate)}
	return loop.Each(ctx, urls, func(ctx context.Context, url string) (string, error) {
		if err := slots.Acquire(ctx); err != nil {
			return "", err
		}
		defer slots.Release()
		if err := limit.wait(ctx); err != nil {
			return "", err
		}
		return loop.ToThread(ctx, func(ctx context.Context) (string, error) { return get(ctx, url) }).Await(ctx)
	})
}
