package debugz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

const evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\x1b[2J\n"

func TestThePageShowsTasksAndPools(t *testing.T) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: "the pool", Workers: 2})
	require.NoError(t, err)
	defer func() { require.NoError(t, pool.Shutdown(context.Background())) }()
	_, err = loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		child := loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return none{}, loop.Sleep(ctx, time.Hour) }, loop.WithName("sleeper"))
		parent := loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return child.Await(ctx) }, loop.WithName("waiter"))
		_, err := loop.RunInExecutor(ctx, pool, executor.Func(func(context.Context) (none, error) { return none{}, context.DeadlineExceeded })).Await(ctx)
		require.Error(t, err)
		status, page := request(ctx, t, http.MethodGet, "/debug/asyncgo/")
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, page, "<b>waiter</b>")
		require.Regexp(t, `data-depth="1"><span class="branch">└── </span><b>sleeper</b> <span class="state suspended">suspended</span>`, page)
		require.Contains(t, page, "<h3>the pool <small>thread, open</small></h3>")
		require.Contains(t, page, "1 of 2, 1 idle")
		require.Contains(t, page, "context deadline exceeded")
		require.Contains(t, page, "<rect ")

		_, text := request(ctx, t, http.MethodGet, "/debug/asyncgo/pools")
		require.Contains(t, text, "thread pool the pool: 1 workers of 2, 0 running, 0 queued, 0 completed, 1 failed")
		_, text = request(ctx, t, http.MethodGet, "/debug/asyncgo/json")
		var all struct {
			Loops []loop.LoopInfo
			Pools []struct {
				Name    string
				Failed  int
				Workers []struct{ State string }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(text), &all))
		require.Len(t, all.Loops, 1)
		require.Len(t, all.Pools, 2)
		require.Equal(t, "asyncgo", all.Pools[0].Name, "that of ToThread, on which this request runs")
		require.Equal(t, "busy", all.Pools[0].Workers[0].State)
		require.Equal(t, "the pool", all.Pools[1].Name)
		require.Equal(t, "idle", all.Pools[1].Workers[0].State)
		parent.Cancel()
		return none{}, nil
	})
	require.NoError(t, err)
}

// Names come from users, and those of theirs: what is markup in a page, and what moves
// the cursor of a terminal, is neither here.
func TestNamesAreOnlyText(t *testing.T) {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: evil})
	require.NoError(t, err)
	defer func() { require.NoError(t, pool.Shutdown(context.Background())) }()
	_, err = loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		loop.CurrentTask(ctx).SetName(evil)
		_, page := request(ctx, t, http.MethodGet, "/debug/asyncgo/")
		require.NotContains(t, page, "<script>alert")
		require.NotContains(t, page, "<img")
		require.GreaterOrEqual(t, strings.Count(page, "&lt;script&gt;alert(1)&lt;/script&gt;"), 2, "task and pool")
		for _, text := range []string{"ps", "pstree", "pools"} {
			_, body := request(ctx, t, http.MethodGet, "/debug/asyncgo/"+text)
			require.Contains(t, body, "<script>")
			require.NotContains(t, body, "\x1b", text)
			require.NotContains(t, body, "alert(1)>\n", text)
		}
		return none{}, nil
	})
	require.NoError(t, err)
}

func TestTheBrowserIsToldToLoadNothingElse(t *testing.T) {
	for _, path := range []string{"/x/", "/x/ps", "/x/json", "/x/page.js", "/x/style.css", "/x/else"} {
		w := httptest.NewRecorder()
		debugz.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		policy := w.Header().Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(policy, "default-src 'none'; "), path)
		require.NotContains(t, policy, "unsafe")
		require.Contains(t, policy, "frame-ancestors 'none'")
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		if path == "/x/else" {
			require.Equal(t, http.StatusNotFound, w.Code)
		}
	}
}

func get(t *testing.T, url, host string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	r.Host = host
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestAServerIsForThisMachineUnlessAskedOtherwise(t *testing.T) {
	for _, address := range []string{"", ":0", "127.0.0.1:0"} {
		s, err := debugz.Start(address)
		require.NoError(t, err)
		require.Regexp(t, `^http://127\.0\.0\.1:[1-9]\d*/debug/asyncgo/$`, s.URL())
		require.Equal(t, http.StatusOK, get(t, s.URL(), ""))
		require.Equal(t, http.StatusOK, get(t, s.URL(), "localhost:1"))
		require.Equal(t, http.StatusOK, get(t, s.URL(), "[::1]:1"))
		require.Equal(t, http.StatusMisdirectedRequest, get(t, s.URL(), "evil.example:80"))
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "twice")
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	_, err := debugz.Start("nonsense")
	require.ErrorContains(t, err, "127.0.0.1:6060")
	s, err := debugz.Start("")
	require.NoError(t, err)
	taken := strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), "/debug/asyncgo/")
	_, err = debugz.Start(taken)
	require.Error(t, err)
	require.NoError(t, s.Close())
}
