// Command crawler is a crawler: workers that take pages from a queue, with a limit for
// each host, retries, and a report. main.py is the original.
//
//	go run ./examples/crawler [-workers N] [-per-host N] [-tries N] [-backoff DURATION] [-timeout DURATION]
//
// It crawls hosts of its own on loopback (pages.go): some pages fail the first time, some
// are missing, one never answers. Ctrl-C cancels the workers, and the report says what
// they did not get to.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var (
	workers = flag.Int("workers", 8, "how many pages are in work at a time")
	perHost = flag.Int("per-host", 2, "how many of them are of one host")
	tries   = flag.Int("tries", 3, "how often a page is tried")
	backoff = flag.Duration("backoff", 50*time.Millisecond, "before the second try; twice as long before each further one")
	timeout = flag.Duration("timeout", time.Second, "how long a try may take")
	href    = regexp.MustCompile(`href="([^"]+)"`)
)

type page struct {
	status int
	body   string
}

func get(ctx context.Context, link string) (page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return page{}, err
	}
	client := http.Client{Timeout: *timeout}
	response, err := client.Do(request)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return page{response.StatusCode, string(body)}, err
}

type crawler struct { // needs no lock: only tasks of one loop use it
	todo     queue.Queue[*url.URL]
	outcomes map[string]string // of the pages that are known
	hosts    map[string]*syncs.Semaphore
	retries  int
}

func (c *crawler) add(link string) {
	if u, err := url.Parse(link); err == nil && c.outcomes[link] == "" {
		c.outcomes[link] = "not done"
		_ = c.todo.PutNowait(u) // there is no bound
	}
}

func (c *crawler) worker(ctx context.Context) error {
	for u, err := range c.todo.All(ctx) {
		if err != nil {
			return err
		}
		outcome, body, err := c.fetch(ctx, u)
		if err != nil {
			return err
		}
		c.outcomes[u.String()] = outcome
		fmt.Println(u.Path, outcome)
		for _, link := range href.FindAllStringSubmatch(body, -1) {
			c.add(link[1])
		}
		_ = c.todo.TaskDone() // once for each page that was taken
	}
	return nil
}

func (c *crawler) fetch(ctx context.Context, u *url.URL) (outcome, body string, err error) {
	if c.hosts[u.Host] == nil {
		c.hosts[u.Host] = syncs.NewSemaphore(*perHost)
	}
	for try := range *tries {
		if try > 0 {
			if err := loop.Sleep(ctx, *backoff<<(try-1)); err != nil {
				return "", "", err
			}
			c.retries++
		}
		var got page
		err := c.hosts[u.Host].With(ctx, func() (err error) {
			got, err = loop.ToThread(ctx, func(ctx context.Context) (page, error) { return get(ctx, u.String()) }).Await(ctx)
			return err
		})
		if err == nil && got.status < http.StatusInternalServerError {
			return fmt.Sprint(got.status), got.body, nil
		}
	}
	return "gave up", "", ctx.Err()
}

func (c *crawler) report() {
	fmt.Println(len(c.outcomes), "pages,", c.retries, "retries")
	counts := map[string]int{}
	for _, outcome := range c.outcomes {
		counts[outcome]++
	}
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf("%4d %s\n", counts[outcome], outcome)
	}
}

func (c *crawler) crawl(ctx context.Context, first string) error {
	c.add(first)
	return loop.WithTaskGroup(ctx, func(ctx context.Context, group *loop.TaskGroup) error {
		for range *workers {
			group.Go(c.worker)
		}
		err := c.todo.Join(ctx)
		c.todo.Shutdown(false) // the workers return
		return err
	})
}

func main() { loop.Main(run) }

func run(ctx context.Context) error {
	flag.Parse()
	site := serve()
	defer site.close()
	c := &crawler{outcomes: map[string]string{}, hosts: map[string]*syncs.Semaphore{}}
	defer c.report()
	return c.crawl(ctx, site.servers[0].URL+"/a/0")
}
