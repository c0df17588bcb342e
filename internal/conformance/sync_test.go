package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// A syncScene is one program of the sync area: its output, its task's context, and
// the list that the originals call trace.
type syncScene struct {
	*out
	ctx   context.Context
	trace []string
}

// syncPort registers a port whose main runs as the main task of a loop, in a bubble
// so that its sleeps take no time.
func syncPort(name string, main func(s *syncScene)) bool {
	return port("sync/"+name, func(o *out) {
		synctest.Test(o.T, func(t *testing.T) {
			_, err := loop.Run(t.Context(), func(ctx context.Context) (executor.None, error) {
				main(&syncScene{out: o, ctx: ctx})
				return executor.None{}, nil
			})
			require.NoError(t, err)
		})
	})
}

func (s *syncScene) add(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

// told returns the trace so far as one line.
func (s *syncScene) told() string { return strings.Join(s.trace, " ") }

// spawn starts a task for fn.
func (s *syncScene) spawn(fn func(ctx context.Context) error) *loop.Task[executor.None] {
	return loop.CreateTask(s.ctx, func(ctx context.Context) (executor.None, error) {
		return executor.None{}, fn(ctx)
	})
}

// must is for what the original would not catch.
func (s *syncScene) must(err error) { require.NoError(s.T, err) }

func (s *syncScene) sleep(d time.Duration) { s.must(loop.Sleep(s.ctx, d)) }

func (s *syncScene) gather(tasks ...*loop.Task[executor.None]) {
	_, err := future.Gather(tasks...).Await(s.ctx)
	s.must(err)
}

// outcome returns the word of the corpus for err, or ok.
func syncOutcome(err error) string {
	for word, target := range map[string]error{
		"runtime-error":  syncs.ErrNotLocked,
		"value-error":    syncs.ErrReleasedTooOften,
		"queue-shutdown": queue.ErrShutdown,
		"queue-full":     queue.ErrFull,
	} {
		if errors.Is(err, target) {
			return word
		}
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

const syncUnit = time.Millisecond
