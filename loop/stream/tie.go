package stream

import (
	"context"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A tie ends a stream with the loop on which it was made.
type tie struct {
	mu     sync.Mutex // guards what follows
	forget func()
	over   bool
}

// bind has end called when the loop closes that ctx carries, or at once if it has
// closed. Without a loop, which a goroutine may do without, it does nothing.
func (t *tie) bind(ctx context.Context, end func()) {
	l, err := loop.FromContext(ctx)
	if err != nil {
		return
	}
	forget, ok := bridge.AtClose(l, end)
	if !ok {
		end()
		return
	}
	t.mu.Lock()
	over := t.over // it was faster
	t.forget = forget
	t.mu.Unlock()
	if over {
		forget()
	}
}

// release takes it back: the stream has ended.
func (t *tie) release() {
	t.mu.Lock()
	forget := t.forget
	t.over = true
	t.mu.Unlock()
	if forget != nil {
		forget()
	}
}
