package looptest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// Waits are calls that can wait, each on something where it has to, by their names.
type Waits map[string]func(ctx context.Context) error

// CheckWaits checks what must hold of every call that can wait, in a task or not, and
// whatever ends it. Each check makes them anew.
func CheckWaits(t *testing.T, make func(t *testing.T) Waits) {
	t.Helper()
	for _, check := range []struct {
		name string
		run  func(t *testing.T, wait func(ctx context.Context) error)
	}{
		{"in a bare callback it is refused", refusedInACallback},
		{"in a goroutine it ends with its context", endsInAGoroutine},
		{"in a task it ends with a context that the task derived", endsInATask},
		{"it ends with the cancellation of the task", endsWithTheTask},
		{"it ends with a timeout of the task", endsWithATimeout},
		{"it is unwound when the loop closes", unwound},
	} {
		t.Run(check.name, func(t *testing.T) {
			for name, wait := range make(t) {
				t.Run(name, func(t *testing.T) { check.run(t, wait) })
			}
		})
	}
}

func refusedInACallback(t *testing.T, wait func(ctx context.Context) error) {
	OnLoop(t, func(s *Scene) {
		var errs []error
		s.Soon(func() { errs = []error{wait(s.Ctx), wait(context.Background())} })
		s.Turn()
		require.Len(t, errs, 2)
		for _, err := range errs {
			require.ErrorIs(t, err, loop.ErrWouldBlock)
		}
	})
}

func endsInAGoroutine(t *testing.T, wait func(ctx context.Context) error) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		go func() { done <- wait(ctx) }()
		synctest.Wait()
		cancel(why)
		require.ErrorIs(t, <-done, why)
	})
}

func endsInATask(t *testing.T, wait func(ctx context.Context) error) {
	synctest.Test(t, func(t *testing.T) {
		OnLoop(t, func(s *Scene) {
			start := time.Now()
			limit, cancel := context.WithTimeout(s.Ctx, time.Second)
			defer cancel()
			require.ErrorIs(t, wait(limit), context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(start))
			require.ErrorIs(t, wait(limit), context.DeadlineExceeded, "it is a level")
			require.Equal(t, time.Second, time.Since(start))
			s.OK(s.Ctx.Err())
		})
	})
}

func endsWithTheTask(t *testing.T, wait func(ctx context.Context) error) {
	OnLoop(t, func(s *Scene) {
		task := s.Spawn(wait)
		s.Turn()
		require.False(t, task.IsDone())
		task.Cancel()
		require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
	})
}

func endsWithATimeout(t *testing.T, wait func(ctx context.Context) error) {
	synctest.Test(t, func(t *testing.T) {
		OnLoop(t, func(s *Scene) {
			require.ErrorIs(t, loop.Timeout(s.Ctx, time.Second, wait), loop.ErrTimeout)
			s.Turn()
		})
	})
}

func unwound(t *testing.T, wait func(ctx context.Context) error) {
	left := false
	Doomed(t, func(ctx context.Context) error {
		defer func() { left = true }()
		return wait(ctx)
	})()
	require.True(t, left)
}
