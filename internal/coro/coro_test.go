package coro_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/coro"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type body struct {
	main   func()
	value  any
	goexit bool
	stack  []byte
	next   *body // runs after this one without a switch
}

func (b *body) Next() coro.Body {
	if b.next == nil {
		return nil
	}
	return b.next
}

func (b *body) CurrentHost() whose.Host { return nil }
func (b *body) Main()                   { b.main() }
func (b *body) Crashed(v any, goexit bool, stack []byte) {
	b.value, b.goexit, b.stack = v, goexit, stack
}

func TestBodiesFollowOneAnotherOnOneGoroutine(t *testing.T) {
	c := coro.New()
	defer c.Stop()
	var ids []int64
	for range 3 {
		c.Start(&body{main: func() {
			ids = append(ids, whose.ID())
			c.Suspend()
			ids = append(ids, whose.ID())
		}})
		c.Resume()
		require.False(t, c.Idle())
		c.Resume()
		require.True(t, c.Idle())
	}
	require.Len(t, ids, 6)
	for _, id := range ids {
		require.Equal(t, c.ID(), id)
	}
	require.NotEqual(t, whose.ID(), c.ID())
}

func TestNextBodyRunsWithoutASwitch(t *testing.T) {
	c := coro.New()
	defer c.Stop()
	var order []string
	third := &body{main: func() {
		order = append(order, "third")
		c.Suspend()
		order = append(order, "third again")
	}}
	second := &body{main: func() { panic("boom") }, next: third}
	c.Start(&body{main: func() { order = append(order, "first") }, next: second})
	c.Resume()
	require.Equal(t, []string{"first", "third"}, order)
	require.Equal(t, "boom", second.value)
	require.False(t, c.Idle(), "the third is suspended")
	c.Resume()
	require.Equal(t, []string{"first", "third", "third again"}, order)
	require.True(t, c.Idle())
}

func TestStoppedCoroutineTakesNoOtherBody(t *testing.T) {
	c := coro.New()
	ran := false
	c.Start(&body{main: func() { c.Suspend() }, next: &body{main: func() { ran = true }}})
	c.Resume()
	c.Stop()
	require.False(t, ran)
}

func TestPanicIsToldAndTheCoroutineGoesOn(t *testing.T) {
	c := coro.New()
	defer c.Stop()
	b := &body{main: func() { panic("boom") }}
	c.Start(b)
	c.Resume()
	require.Equal(t, "boom", b.value)
	require.Contains(t, string(b.stack), "coro_test.go")
	require.True(t, c.Idle())
}

func TestGoexitEndsTheCoroutineButNotItsOwner(t *testing.T) {
	c := coro.New()
	deferred := false
	b := &body{main: func() {
		defer func() { deferred = true }()
		c.Suspend()
		runtime.Goexit()
	}}
	c.Start(b)
	c.Resume()
	c.Resume()
	require.True(t, b.goexit)
	require.True(t, deferred)
	require.False(t, c.Idle())
	c.Stop() // harmless on a dead one
}

func TestAPanicAfterGoexitDoesNotLetItThrough(t *testing.T) {
	c := coro.New()
	b := &body{main: func() {
		defer func() { panic("at the end") }()
		runtime.Goexit()
	}}
	c.Start(b)
	returned := make(chan bool, 1)
	go func() {
		defer close(returned)
		c.Resume()
		returned <- true
	}()
	require.True(t, <-returned, "the owner ended, too")
	require.Equal(t, "at the end", b.value)
	require.False(t, c.Idle())
	c.Stop()
}

func TestStopUnwindsASuspendedBody(t *testing.T) {
	c := coro.New()
	var steps []string
	c.Start(&body{main: func() {
		defer func() {
			steps = append(steps, "first defer")
			c.Suspend() // cannot suspend any more, and must not hang
			steps = append(steps, "unreachable")
		}()
		defer func() { steps = append(steps, "second defer") }()
		c.Suspend()
		steps = append(steps, "unreachable")
	}})
	c.Resume()
	c.Stop()
	require.Equal(t, []string{"second defer", "first defer"}, steps)
	require.False(t, c.Idle())
}

func TestStopBeforeTheFirstBody(t *testing.T) {
	c := coro.New()
	c.Stop()
	c.Stop()
}

func BenchmarkSwitch(b *testing.B) {
	c := coro.New()
	end := false
	c.Start(&body{main: func() {
		for !end {
			c.Suspend()
		}
	}})
	b.ReportAllocs()
	for b.Loop() {
		c.Resume()
	}
	end = true
	c.Resume()
	c.Stop()
}

func BenchmarkNextBody(b *testing.B) {
	c := coro.New()
	defer c.Stop()
	body := &body{main: func() {}}
	b.ReportAllocs()
	for b.Loop() {
		c.Start(body)
		c.Resume()
	}
}
