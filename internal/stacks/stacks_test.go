package stacks_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parkHere(id chan<- int64, quit <-chan struct{}) {
	id <- whose.ID()
	<-quit
}

func TestTheStackOfAnotherGoroutineIsFound(t *testing.T) {
	id, quit, done := make(chan int64), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		parkHere(id, quit)
	}()
	g, ok := stacks.Of(<-id)
	close(quit)
	<-done
	require.True(t, ok)
	names := make([]string, 0, len(g.Frames))
	for _, f := range g.Frames {
		names = append(names, f.Func)
	}
	require.Contains(t, names, "github.com/seed-1b9fde7b/asyncgo/internal/stacks_test.parkHere")
	require.Contains(t, g.String(), "stacks_test.go:")
	_, ok = stacks.Of(-1)
	require.False(t, ok)
}

func TestWhatTheRuntimePrintsIsUnderstood(t *testing.T) {
	dump := "goroutine 7 gp=0xc000 m=3 [running, synctest bubble 1]:\n" +
		"pkg.(*T[...]).f(0x1, {0x2?, func(int)})\n\t/a b/c.go:12 +0x34\n" +
		"pkg.g(...)\n\t/a/d.go:5\n" +
		"...additional frames elided...\n" +
		"created by pkg.h in goroutine 1\n\t/a/e.go:9 +0x1\n\n" +
		"goroutine x [odd]:\n\n" +
		"goroutine 8 [chan receive, 2 minutes]:\n"
	all := stacks.Parse([]byte(dump))
	require.Equal(t, map[int64]stacks.Goroutine{
		7: {ID: 7, State: "running, synctest bubble 1", Frames: []stacks.Frame{
			{Func: "pkg.(*T[...]).f", File: "/a b/c.go", Line: 12},
			{Func: "pkg.g", File: "/a/d.go", Line: 5},
		}},
		8: {ID: 8, State: "chan receive, 2 minutes"},
	}, all)
}
