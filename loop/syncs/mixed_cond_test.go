package syncs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// A crew is a set of tasks of two loops and of goroutines that wait, for schedules
// in which what the real scheduler decides is not known.
type crew struct {
	loops []*loop.Loop // the first is nil and stands for goroutines
	stop  func()

	mu      sync.Mutex // guards what follows
	cancels []func()
	waiting int
	err     error
}

// newCrew starts the loops. It and everything else happens in one bubble.
func newCrew() *crew {
	c := &crew{loops: []*loop.Loop{nil, loop.New(loop.Config{}), loop.New(loop.Config{})}}
	var wg sync.WaitGroup
	for _, l := range c.loops[1:] {
		wg.Go(func() { _ = l.RunForever() })
	}
	c.stop = func() {
		for _, cancel := range c.cancels {
			cancel()
		}
		synctest.Wait()
		for _, l := range c.loops[1:] {
			l.Stop()
		}
		wg.Wait()
		for _, l := range c.loops[1:] {
			_ = l.Close()
		}
	}
	return c
}

// enter starts a member that runs fn. The errors that are allowed come with a
// cancellation.
func (c *crew) enter(where int, fn func(ctx context.Context) error, allowed ...error) {
	member := func(ctx context.Context) error {
		err := fn(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting--
		for _, ok := range append(allowed, nil, context.Canceled) {
			if errors.Is(err, ok) {
				return nil
			}
		}
		c.err = err
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	if l := c.loops[where]; l == nil {
		go func() { _ = member(ctx) }()
	} else {
		cancel()
		task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) { return none{}, member(ctx) })
		cancel = func() { task.Cancel() }
	}
	c.mu.Lock()
	c.waiting++
	c.cancels = append(c.cancels, cancel)
	c.mu.Unlock()
	synctest.Wait()
}

func (c *crew) cancel(back int) {
	if back < len(c.cancels) {
		c.cancels[len(c.cancels)-1-back]()
	}
}

// rest waits until nothing moves and returns how many members wait.
func (c *crew) rest() (int, error) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting, c.err
}

// play draws a schedule and plays it in a bubble with a crew of its own.
func play(t *testing.T, rt *rapid.T, words []string, step func(c *crew, o op) error) {
	t.Helper()
	ops := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) op {
		return op{rapid.SampledFrom(words).Draw(rt, "do"), rapid.IntRange(0, 5).Draw(rt, "arg")}
	}), 20, 60).Draw(rt, "schedule")
	var failed error
	synctest.Test(t, func(*testing.T) {
		c := newCrew()
		defer c.stop()
		for i, o := range append(ops, op{Do: "rest"}) {
			if err := step(c, o); err != nil {
				failed = fmt.Errorf("step %d %v: %w", i, o, err)
				return
			}
		}
	})
	require.NoError(rt, failed)
}

func TestNoNotificationIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var cond syncs.Condition
		items := 0 // guarded by cond
		consume := func(ctx context.Context) error {
			return cond.With(ctx, func() error {
				err := cond.WaitFor(ctx, func() bool { return items > 0 })
				if err == nil {
					items--
				}
				return err
			})
		}
		words := []string{"consume", "consume", "consume", "produce", "produce and cancel", "produce and cancel", "cancel", "rest"}
		play(t, rt, words, func(c *crew, o op) error {
			switch o.Do {
			case "consume":
				c.enter(o.Task%3, consume)
			case "produce":
				return cond.With(context.Background(), func() error {
					items++
					return cond.Notify(1)
				})
			case "produce and cancel": // what was notified cannot have the lock yet
				return cond.With(context.Background(), func() error {
					items++
					err := cond.Notify(1)
					synctest.Wait()
					c.cancel(o.Task)
					synctest.Wait()
					return err
				})
			case "cancel":
				c.cancel(o.Task)
			default:
				waiting, err := c.rest()
				if err == nil && (waiting > 0 && items > 0 || cond.Locked()) {
					err = fmt.Errorf("%d wait for %d items: %v", waiting, items, &cond)
				}
				return err
			}
			return nil
		})
	})
}

func TestNobodyIsLeftInABarrier(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parties := rapid.IntRange(1, 4).Draw(rt, "parties")
		b := syncs.NewBarrier(parties)
		words := []string{"wait", "wait", "wait", "wait", "cancel", "cancel", "reset", "abort", "rest"}
		play(t, rt, words, func(c *crew, o op) error {
			switch o.Do {
			case "wait":
				c.enter(o.Task%3, func(ctx context.Context) error { return pass(ctx, b) }, syncs.ErrBrokenBarrier)
			case "cancel":
				c.cancel(o.Task)
			case "reset":
				return b.Reset(context.Background())
			case "abort":
				if o.Task == 0 { // or it would be broken most of the time
					return b.Abort(context.Background())
				}
			default:
				waiting, err := c.rest()
				idle := strings.Contains(b.String(), "filling") || b.Broken()
				if err == nil && (waiting != b.NWaiting() || waiting >= parties || !idle) {
					err = fmt.Errorf("%d of %d wait: %v", waiting, parties, b)
				}
				return err
			}
			return nil
		})
	})
}
