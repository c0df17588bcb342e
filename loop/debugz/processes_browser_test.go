//go:build linux && asyncgo_browser

package debugz_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/debugz"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var (
	renders = executor.RegisterNoResult("render", func(ctx context.Context, lock *shared.Mutex) error {
		return lock.Do(ctx, func() error {
			executor.Progress(ctx, os.Getpid())
			<-ctx.Done()
			return ctx.Err()
		})
	})
	scales = executor.RegisterNoResult("scale", func(_ context.Context, number int) error {
		if number%10 == 9 {
			return fmt.Errorf("%d.png: not an image", number)
		}
		<-time.After(time.Duration(number) * 20 * time.Microsecond)
		return nil
	})
	crashes = executor.RegisterAction("decode", func(context.Context) error { os.Exit(3); return nil })
)

// A studio is a program with a pool of processes, one of which has died, objects in shared
// memory, a lock that a worker holds, and tasks that wait for it and for each other.
type studio struct {
	url    string
	holder int // the process that holds the lock
}

func openStudio(t *testing.T) studio {
	t.Helper()
	name := os.Args[0]
	os.Args[0] = "studio" // as the page says, and the pictures of it
	page, err := debugz.Start("")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	open, ended := make(chan int, 1), make(chan error, 1)
	go func() {
		ended <- loop.RunMain(ctx, func(ctx context.Context) error {
			loop.CurrentTask(ctx).SetName("main")
			lock, err := shared.NewMutex()
			counter, err2 := shared.NewValue(int64(0))
			frames, err3 := shared.NewArray[float64](4096)
			if err := errors.Join(err, err2, err3); err != nil {
				return err
			}
			defer func() { _ = errors.Join(lock.Close(), counter.Close(), frames.Close()) }()
			cfg := executor.ProcessConfig{
				Name: "images", Workers: 3, Stderr: io.Discard, Logger: slog.New(slog.DiscardHandler),
				Env: []string{"GORACE=atexit_sleep_ms=0"}, Grace: time.Millisecond,
			}
			return executor.WithProcessPool(ctx, cfg, func(pool *executor.ProcessPool) error {
				for i := range 40 {
					_, _ = loop.RunInExecutor(ctx, pool, scales.Bind(i)).Await(ctx)
				}
				_, _ = loop.RunInExecutor(ctx, pool, crashes.Bind()).Await(ctx)
				holds := make(chan int, 1)
				listening := executor.WithProgress(ctx, func(pid int) { holds <- pid })
				video := loop.CreateTask(listening, func(ctx context.Context) (executor.None, error) {
					return loop.RunInExecutor(ctx, pool, renders.Bind(lock).Named("render video")).Await(ctx)
				}, loop.WithName("video"))
				pid, err := loop.ToThread(ctx, func(context.Context) (int, error) { return <-holds, nil }).Await(ctx)
				if err != nil {
					return err
				}
				desk := syncs.NewSemaphore(1)
				all := []future.Awaitable[executor.None]{video}
				for i := range 3 {
					all = append(all, loop.CreateTask(ctx, func(ctx context.Context) (executor.None, error) {
						if err := desk.Acquire(ctx); err != nil {
							return executor.None{}, err
						}
						defer desk.Release()
						return executor.None{}, lock.Do(ctx, func() error { return nil })
					}, loop.WithName(fmt.Sprint("client ", i+1))))
				}
				if err := loop.Sleep(ctx, 0); err != nil {
					return err
				}
				open <- pid
				_, err = future.Gather(all...).Await(ctx)
				return err
			})
		})
	}()
	s := studio{url: page.URL()}
	select {
	case s.holder = <-open:
	case err := <-ended:
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, page.Close())
		os.Args[0] = name
	})
	return s
}

// rows returns the text of each cell of the table below an element.
func (b *browser) rows(of string) (rows [][]string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`[...document.querySelectorAll("%s tbody tr")].map(r => [...r.children].map(c => c.innerText))`, of), &rows)
	return rows
}

func TestThePageOfProcessesAndSharedObjects(t *testing.T) {
	b := openBrowser(t)
	s := openStudio(t)
	for _, width := range []int{400, 1000} {
		for _, scheme := range []string{"dark", "light"} {
			b.open(s.url, width, scheme)
			b.shoot(fmt.Sprintf("see-it-live-%d-%s", width, scheme))
			var wide int
			b.eval("document.documentElement.scrollWidth", &wide)
			require.LessOrEqual(t, wide, width, "the page itself does not scroll to the side")
		}
	}

	busy := 0
	for _, row := range b.rows("#pools article:last-of-type") {
		require.Regexp(t, `^images_\d+$`, row[0])
		require.Regexp(t, `^\d+$`, row[1], "the process")
		require.Regexp(t, `^[0-9.]+ MiB$`, row[7], "its memory, of which the kernel knows")
		require.Regexp(t, `s$`, row[8], "its age")
		if row[2] == "busy" {
			busy++
			require.Equal(t, fmt.Sprint(s.holder), row[1])
			require.Equal(t, "render video", row[3])
		}
	}
	require.Equal(t, 1, busy)
	var pools string
	b.eval(`document.querySelector("#pools").innerText.replaceAll("\n", " ")`, &pools)
	require.Contains(t, pools, "Crashes 1")
	require.Contains(t, pools, "Completed 36")
	require.Contains(t, pools, "Waited for a worker: 42")
	b.eval(`document.querySelectorAll("#pools details").forEach(d => d.open = true)`, nil)
	b.eval(`document.querySelector("#pools").innerText`, &pools)
	require.Contains(t, pools, "39.png: not an image")
	require.Contains(t, pools, "exited with code 3")

	kinds := map[string]string{}
	for _, row := range b.rows("#objects") {
		kinds[row[0]] = row[4]
	}
	require.Len(t, kinds, 3)
	require.Equal(t, fmt.Sprintf("held by %d, wanted", s.holder), kinds["Mutex"])
	require.Empty(t, kinds["Value"])

	var tree string
	b.eval(`document.querySelector(".tree").innerText`, &tree)
	require.Regexp(t, `main suspended .*processes_browser_test\.go:\d+\n`, tree, "where it waits")
	require.Regexp(t, `─ video suspended .*processes_browser_test\.go:\d+\n`, tree, "main waits for it")
	require.Regexp(t, `─ client 1 suspended .*processes_browser_test\.go:\d+\n`, tree, "the line of the user's, not that of the lock")
	require.Regexp(t, `─ client 2 suspended .*processes_browser_test\.go:\d+\n`, tree)
	b.refreshed()
	b.fine()
}
