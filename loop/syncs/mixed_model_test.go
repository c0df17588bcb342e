package syncs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// A rival is a task of one of two loops, or a goroutine, that acquires once.
type rival struct {
	cancel   func()
	canceled bool // it was asked for; whether it came in time is not known
	done     bool
	err      error
}

// An arena is a lock with its rivals. What the real scheduler decides differs from
// run to run, so instead of a trace it checks what must hold whenever everything has
// come to rest.
type arena struct {
	lock  acquirer
	total int // permits

	mu     sync.Mutex // guards what follows
	rivals []*rival   // in the order in which they stood in line
	held   int
	err    error
}

func (a *arena) arrived(r *rival, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.done, r.err = true, err
	if err != nil {
		if !r.canceled || !errors.Is(err, context.Canceled) {
			a.err = fmt.Errorf("gave up unasked: %w", err)
		}
		return
	}
	a.held++
	if a.held > a.total {
		a.err = fmt.Errorf("%d inside", a.held)
	}
}

// rest waits until nothing moves and checks the state.
func (a *arena) rest() error {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	waiting, passed := 0, false
	for i := len(a.rivals) - 1; i >= 0; i-- {
		switch r := a.rivals[i]; {
		case !r.done && r.canceled:
			return fmt.Errorf("rival %d was canceled and still waits", i)
		case !r.done && passed:
			return fmt.Errorf("rival %d waits and one behind it does not", i)
		case !r.done:
			waiting++
		case r.err == nil:
			passed = true
		}
	}
	if waiting > 0 && a.held < a.total {
		return fmt.Errorf("%d wait, and only %d of %d are inside: %v", waiting, a.held, a.total, a.lock)
	}
	return nil
}

// release frees one permit if one is held.
func (a *arena) release() error {
	a.mu.Lock()
	if a.held == 0 {
		a.mu.Unlock()
		return nil
	}
	a.held--
	a.mu.Unlock()
	return a.lock.Release()
}

func (a *arena) cancel(back int) {
	a.mu.Lock()
	if back >= len(a.rivals) {
		a.mu.Unlock()
		return
	}
	r := a.rivals[len(a.rivals)-1-back]
	r.canceled = true
	a.mu.Unlock()
	r.cancel()
}

// enter starts a rival and waits until it stands in line or is inside.
func (a *arena) enter(l *loop.Loop) {
	r := &rival{}
	a.mu.Lock()
	a.rivals = append(a.rivals, r)
	a.mu.Unlock()
	if l == nil {
		ctx, cancel := context.WithCancel(context.Background())
		r.cancel = cancel
		go func() { a.arrived(r, a.lock.Acquire(ctx)) }()
	} else {
		task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
			err := a.lock.Acquire(ctx)
			a.arrived(r, err)
			return none{}, err
		})
		r.cancel = func() { task.Cancel() }
	}
	synctest.Wait()
}

// play does what the schedule says and returns what went wrong.
func (a *arena) play(ops []op) error {
	loops := []*loop.Loop{nil, loop.New(loop.Config{}), loop.New(loop.Config{})}
	var wg sync.WaitGroup
	for _, l := range loops[1:] {
		wg.Go(func() { _ = l.RunForever() })
	}
	defer func() {
		for _, r := range a.rivals {
			r.cancel()
		}
		synctest.Wait()
		for _, l := range loops[1:] {
			l.Stop()
		}
		wg.Wait()
		for _, l := range loops[1:] {
			_ = l.Close()
		}
	}()
	for i, o := range ops {
		var err error
		switch o.Do {
		case "spawn":
			a.enter(loops[o.Task%3])
		case "cancel":
			a.cancel(o.Task)
		case "release":
			err = a.release()
		default:
			err = a.rest()
		}
		if err != nil {
			return fmt.Errorf("step %d %v: %w", i, o, err)
		}
	}
	return a.rest()
}

func TestRivalsOfAllKinds(t *testing.T) {
	makers := map[string]func(total int) (acquirer, error){
		"Lock":      func(int) (acquirer, error) { return new(syncs.Lock), nil },
		"Semaphore": func(total int) (acquirer, error) { return syncs.NewSemaphore(total), nil },
	}
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				total := 1
				if name != "Lock" {
					total = rapid.IntRange(1, 3).Draw(rt, "total")
				}
				lock, err := make(total)
				require.NoError(rt, err)
				ops := schedule(rt)
				for i := range ops {
					if ops[i].Do == "spawn" {
						ops[i].Task = rapid.IntRange(0, 2).Draw(rt, "where")
					}
				}
				a := &arena{lock: lock, total: total}
				synctest.Test(t, func(*testing.T) { err = a.play(ops) })
				require.NoError(rt, err)
			})
		})
	}
}
