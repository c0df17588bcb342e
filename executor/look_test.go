//go:build linux

package executor_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

// sightOf returns what is shown of the pool with that name.
func sightOf(t *testing.T, name string) sight.Pool {
	t.Helper()
	for _, p := range sight.Pools() {
		if p.Name == name {
			return p
		}
	}
	require.Fail(t, "not shown", name)
	return sight.Pool{}
}

func TestWhatAProcessPoolShows(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Name: "shown", Workers: 2, Prefetch: -1, Logger: quiet})
	require.NoError(t, p.Ready(t.Context()))
	running := submit(t, p, nap.Bind(time.Hour))
	busy := runningPID(t, p)
	seen := sightOf(t, "shown")
	require.Equal(t, "process", seen.Kind)
	require.Equal(t, "open", seen.State)
	require.Equal(t, 1, seen.Running)
	require.Len(t, seen.Workers, 2)
	require.Equal(t, "shown_0", seen.Workers[0].Name)
	for _, w := range seen.Workers {
		require.NotEqual(t, os.Getpid(), w.PID)
		require.Greater(t, w.RSS, int64(1<<20))
		require.Positive(t, w.Age)
		if w.PID == busy {
			require.Equal(t, "busy", w.State)
			require.Equal(t, "test.nap", w.Call)
			require.Positive(t, w.For)
		} else {
			require.Equal(t, "idle", w.State)
			require.Empty(t, w.Call)
		}
	}
	running.Cancel()
	_, err := await(t, submit(t, p, exitWith.Bind(3)))
	require.Error(t, err)
	require.Eventually(t, func() bool { return sightOf(t, "shown").Crashes == 1 }, patience, tick)
	seen = sightOf(t, "shown")
	require.Equal(t, uint64(1), seen.Failed)
	require.NotEmpty(t, seen.Errors)
	oldest := seen.Errors[len(seen.Errors)-1]
	require.Equal(t, "test.exitWith", oldest.What)
	require.Contains(t, oldest.Text, "exited with code 3")
	var ran uint64
	for _, n := range seen.Ran.Buckets {
		ran += n
	}
	require.Positive(t, ran)
	require.NoError(t, p.Shutdown(t.Context()))
	for _, other := range sight.Pools() {
		require.NotEqual(t, "shown", other.Name, "a pool that was shut down is not shown")
	}
}

func TestWhatAThreadPoolShows(t *testing.T) {
	p, err := executor.NewThreadPool(executor.ThreadConfig{Name: "goroutines", Workers: 1})
	require.NoError(t, err)
	release, begun := make(chan struct{}), make(chan struct{})
	f := give(t, p, executor.Func(func(context.Context) (int, error) {
		close(begun)
		<-release
		return 0, errors.New("bad luck")
	}))
	<-begun
	seen := sightOf(t, "goroutines")
	require.Equal(t, "thread", seen.Kind)
	require.Len(t, seen.Workers, 1)
	require.Equal(t, "busy", seen.Workers[0].State)
	require.NotZero(t, seen.Workers[0].ID)
	require.NotEmpty(t, seen.Workers[0].Call)
	close(release)
	_, err = await(t, f)
	require.Error(t, err)
	for range 20 {
		_, err := await(t, give(t, p, executor.Func(func(context.Context) (int, error) { return 0, unspeakable{} })))
		require.Error(t, err)
	}
	seen = sightOf(t, "goroutines")
	require.Len(t, seen.Errors, 8, "the last ones")
	require.Contains(t, seen.Errors[0].Text, "whose Error method ended with")
	require.NoError(t, p.Shutdown(t.Context()))
}

// An unspeakable error panics when it is asked what it is.
type unspeakable struct{}

func (unspeakable) Error() string { panic("no") }
