package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// crawled returns what the program prints of each page, in the order of the alphabet; of
// /c/9, which does not answer, if there is an outcome.
func crawled(stuck string) (lines []string) {
	for _, host := range []string{"/a/", "/b/", "/c/"} {
		for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
			lines = append(lines, host+n+" 200")
		}
		lines = append(lines, host+"10 404")
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "/c/9 200" })
	if stuck != "" {
		lines = append(lines, "/c/9 "+stuck)
	}
	slices.Sort(lines)
	return lines
}

func TestCrawlsTheSite(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		timeout := "--timeout=300ms"
		if name == "Python" {
			timeout = "--timeout=0.3"
		}
		began := time.Now()
		out := exampletest.Prints(t, command, timeout)
		require.GreaterOrEqual(t, time.Since(began), 3*300*time.Millisecond+(50+100)*time.Millisecond, "three tries of a page that does not answer")
		lines, report := strings.Split(out, "\n")[:33], strings.Split(out, "\n")[33:]
		slices.Sort(lines)
		require.Equal(t, crawled("gave up"), lines, name)
		require.Equal(t, []string{"33 pages, 8 retries", "  29 200", "   3 404", "   1 gave up", ""}, report, name)
	}
}

// counting passes requests on, and notes the most of them at the same time, but for those
// that the crawler gives up: the server learns that later.
func counting(h http.Handler, most *atomic.Int32) http.Handler {
	var now atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/c/9" {
			h.ServeHTTP(w, r)
			return
		}
		n := now.Add(1)
		for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
		}
		h.ServeHTTP(w, r)
		now.Add(-1) // before the client can have the whole answer
	})
}

func TestHoldsTheLimitOfEachHost(t *testing.T) {
	s := &site{}
	most := make([]atomic.Int32, 3)
	for i := range most {
		s.servers = append(s.servers, httptest.NewServer(counting(s, &most[i])))
	}
	defer s.close()
	*timeout = 100 * time.Millisecond
	c := &crawler{outcomes: map[string]string{}, hosts: map[string]*syncs.Semaphore{}}
	require.NoError(t, loop.RunMain(t.Context(), func(ctx context.Context) error { return c.crawl(ctx, s.servers[0].URL+"/a/0") }))
	require.Len(t, c.outcomes, 33)
	for i := range most {
		require.LessOrEqual(t, most[i].Load(), int32(*perHost), "host %d", i)
	}
}
