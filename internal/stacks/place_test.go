package stacks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func TestPlaceNamesTheCodeOfTheUser(t *testing.T) {
	gid, stop := make(chan int64), make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		gid <- whose.ID()
		<-stop // here
	}()
	g, ok := stacks.Of(<-gid)
	require.True(t, ok)
	require.Regexp(t, `^github\.com/.*/stacks_test\.TestPlaceNamesTheCodeOfTheUser\.func1 \(.*place_test\.go:\d+\)$`, stacks.Place(g.Frames))
	close(stop)
	<-done

	library := stacks.Frame{Func: "github.com/seed-1b9fde7b/asyncgo/loop.Sleep", File: "sleep.go", Line: 1}
	standard := stacks.Frame{Func: "runtime.gopark", File: "proc.go", Line: 2}
	require.Empty(t, stacks.Place(nil))
	require.Empty(t, stacks.Place([]stacks.Frame{standard, library}), "nothing of the user")
	user := stacks.Frame{Func: "main.work", File: "main.go", Line: 3}
	require.Equal(t, "main.work (main.go:3)", stacks.Place([]stacks.Frame{standard, library, user, {Func: "main.main"}}))
}
