package loop

import (
	"context"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Sleep waits until d has passed. In a task it suspends the task; zero or a
// negative d gives every other ready callback and task one turn. In a plain
// goroutine it blocks the goroutine, in a bare callback it returns
// [ErrWouldBlock].
//
// It returns the cancellation if the task is canceled meanwhile, or the cause of
// a derived ctx that ends first; the timer is taken back then.
//
// It stands for asyncio.sleep.
func Sleep(ctx context.Context, d time.Duration) error {
	h := whose.Current(ctx)
	if h == nil {
		return sleepGoroutine(ctx, d)
	}
	t, ok := h.(*task)
	if !ok {
		return ErrWouldBlock
	}
	level := t.Level(ctx)
	if level != nil && level.Err() != nil {
		return context.Cause(level)
	}
	if d <= 0 {
		return t.yield()
	}
	ticket := t.Prepare()
	if level != nil {
		stop := context.AfterFunc(level, func() { t.Unpark(ticket) })
		defer stop()
	}
	timer := t.l.wakeLater(d, t, ticket)
	err := t.Park(ticket, nil)
	if err == nil && level != nil && timer.inHeap.Load() {
		err = context.Cause(level)
	}
	if err != nil {
		timer.Cancel()
	}
	return err
}

func sleepGoroutine(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
