//go:build linux && asyncgo_browser

package debugz_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
)

// serve runs a loop with tasks, and two pools, and a server that shows them.
func serve(t *testing.T, tasks int) (url string) {
	t.Helper()
	s, err := debugz.Start("")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- loop.RunMain(ctx, func(ctx context.Context) error {
			loop.CurrentTask(ctx).SetName("main")
			pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: "thumbnails", Workers: 4})
			if err != nil {
				return err
			}
			defer func() { _ = pool.ShutdownNow(context.WithoutCancel(ctx)) }()
			for i := range 40 {
				_, _ = loop.RunInExecutor(ctx, pool, executor.Func(func(ctx context.Context) (none, error) {
					if i%10 == 9 {
						return none{}, fmt.Errorf("%d.png: not an image", i)
					}
					<-time.After(time.Duration(i) * 20 * time.Microsecond)
					return none{}, nil
				}).Named("scale")).Await(ctx)
			}
			running := loop.RunInExecutor(ctx, pool, executor.Func(func(ctx context.Context) (none, error) {
				<-ctx.Done()
				return none{}, ctx.Err()
			}).Named("scale "+evil))
			feed := loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return running.Await(ctx) }, loop.WithName("feed "+evil))
			for i := range tasks {
				loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
					return none{}, loop.Sleep(ctx, time.Hour)
				}, loop.WithName(fmt.Sprint("client ", i)))
			}
			if err := loop.Sleep(ctx, 0); err != nil {
				return err
			}
			close(started)
			_, err = feed.Await(ctx)
			return err
		})
	}()
	<-started
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, s.Close())
	})
	return s.URL()
}

func TestThePageInABrowser(t *testing.T) {
	b := openBrowser(t)
	url := serve(t, 12)
	for _, width := range []int{400, 1200} {
		var papers []string
		for _, scheme := range []string{"light", "dark"} {
			b.open(url, width, scheme)
			var wide int
			b.eval("document.documentElement.scrollWidth", &wide)
			require.LessOrEqual(t, wide, width, "the page itself does not scroll to the side")
			var size float64
			b.eval("Math.min(...[...document.querySelectorAll('main *')].filter(e => e.firstChild?.nodeType === 3 && e.firstChild.nodeValue.trim()).map(e => parseFloat(getComputedStyle(e).fontSize)))", &size)
			require.GreaterOrEqual(t, size, 11.0, "pixels of the smallest text")
			var colors []string
			b.eval("[getComputedStyle(document.body).backgroundColor, ...[...document.querySelectorAll('main *, header *')].map(e => getComputedStyle(e).color)]", &colors)
			papers = append(papers, colors[0])
			for _, ink := range colors[1:] {
				require.GreaterOrEqual(t, contrast(t, colors[0], ink), 4.5, "%s on %s (%s)", ink, colors[0], scheme)
			}
		}
		require.NotEqual(t, papers[0], papers[1], "dark is not light")
	}
	var text string
	b.eval("document.body.innerText", &text)
	for _, shown := range []string{"main", "client 11", "thumbnails", "of 4", "feed <script>alert(1)</script>", "scale <script>alert(1)</script>", "lag"} {
		require.Contains(t, text, shown)
	}
	var foreign int
	b.eval("document.querySelectorAll('main script, main img').length", &foreign)
	require.Zero(t, foreign, "names are text")
	b.fine()
}

// A refresh leaves what has not changed: the same elements, what was opened, and where
// the reader was.
func TestThePageRefreshesWithoutFlicker(t *testing.T) {
	b := openBrowser(t)
	b.open(serve(t, 60), 400, "light")
	b.eval(`window.article = document.querySelector("#pools article");
		window.task = document.querySelector(".task");
		document.querySelector("#errors-0").open = true;
		document.querySelector(".tree").scrollTop = 100;
		scrollTo(0, 200);
		window.flickers = 0;
		new MutationObserver((list) => list.forEach((m) => flickers += m.removedNodes.length)).observe(document.querySelector("main"), {childList: true, subtree: true});`, nil)
	for range 2 {
		b.refreshed()
		var same []bool
		b.eval(`[article.isConnected, task.isConnected, document.querySelector("#errors-0").open, document.querySelector(".tree").scrollTop === 100, scrollY === 200, flickers === 0]`, &same)
		require.Equal(t, []bool{true, true, true, true, true, true}, same)
	}
	var before, after string
	const age = `[...document.querySelectorAll("#pools td:nth-child(5)")].map(e => e.textContent).join()`
	b.eval(age, &before)
	b.refreshed()
	b.eval(age, &after)
	require.NotEqual(t, before, after, "how long a call runs has changed")
	b.eval(`document.getElementById("pause").click()`, nil)
	var paused string
	b.eval(`document.getElementById("pause").textContent`, &paused)
	require.Equal(t, "Go on", paused)
	b.fine()
}

func TestThePageOfTenThousandTasks(t *testing.T) {
	b := openBrowser(t)
	url := serve(t, 10_000)
	b.open(url, 1200, "light")
	var text string
	b.eval("document.querySelector('#loops h3').innerText", &text)
	require.Contains(t, text, "Loop 1: 10002 tasks")
	var shown int
	b.eval("document.querySelectorAll('.task').length", &shown)
	require.Equal(t, 500, shown)
	b.eval("document.querySelector('#loops').innerText", &text)
	require.Contains(t, text, "9502 more are not shown")
	b.eval("document.querySelector('#places-0').textContent", &text)
	require.Contains(t, text, "10000suspended", "where they are, in one line")
	b.refreshed()
	b.open(url+"?tasks=all", 1200, "light")
	b.eval("document.querySelectorAll('.task').length", &shown)
	require.Equal(t, 10_002, shown)
	b.refreshed()
	b.fine()
}

// contrast is that of WCAG.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	var rgb [3]float64
	_, err := fmt.Sscanf(strings.ReplaceAll(color, ",", ""), "rgb(%f %f %f)", &rgb[0], &rgb[1], &rgb[2])
	require.NoError(t, err, color)
	for i, v := range rgb {
		if v /= 255; v <= 0.03928 {
			rgb[i] = v / 12.92
		} else {
			rgb[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*rgb[0] + 0.7152*rgb[1] + 0.0722*rgb[2]
}
