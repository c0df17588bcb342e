package future

import (
	"github.com/seed-1b9fde7b/asyncgo/internal/awaits"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

func init() { awaits.Owners = owners }

// A combiner is the Canceler of a future that ends when others do.
type combiner interface{ parts() []*core }

// owners implements awaits.Owners. Combinations of futures cannot be circular: each
// is made from futures that exist already.
func owners(target any, yield func(whose.Host)) {
	var c *core
	switch t := target.(type) {
	case *core:
		c = t
	case *limited:
		c = t.core
	case Waitable:
		c = t.base()
	default:
		return
	}
	switch by := c.canceler.(type) {
	case whose.Host:
		yield(by)
	case combiner:
		for _, part := range by.parts() {
			if !part.settled() {
				owners(part, yield)
			}
		}
	}
}

func (g *gathering[T, R]) parts() []*core {
	cores := make([]*core, len(g.children))
	for i, f := range g.children {
		cores[i] = &f.core
	}
	return cores
}

// waitSet is the canceler of the future behind a Wait.
type waitSet[W Waitable] []W

// CancelRequested ends the wait and nothing else.
func (waitSet[W]) CancelRequested(State, error) Answer { return Settle }

func (s waitSet[W]) parts() []*core {
	cores := make([]*core, len(s))
	for i, w := range s {
		cores[i] = w.base()
	}
	return cores
}
