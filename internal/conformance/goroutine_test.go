package conformance_test

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A goroutine remembers one, where a Python program compares thread ids.
type goroutine struct{ id atomic.Int64 }

func (g *goroutine) mark()      { g.id.Store(whose.ID()) }
func (g *goroutine) here() bool { return g.id.Load() == whose.ID() }

// loopGoroutine reports whether l runs what calls: a task or a callback.
func loopGoroutine(l *loop.Loop) bool {
	h := whose.Current(context.Background())
	return h != nil && h.Home() == any(l)
}

// pull2 turns a sequence of results into a function that returns the next one.
func pull2[T any](seq iter.Seq2[T, error]) (next func() T, stop func()) {
	pull, stop := iter.Pull2(seq)
	return func() T {
		v, err, ok := pull()
		if err != nil || !ok {
			panic(err)
		}
		return v
	}, stop
}
