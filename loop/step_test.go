package loop_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// A turnScript is what one task does, an act after the other.
type turnScript []turnAct

type turnAct struct {
	what string
	n    int // which future, which task, how long
}

var turnActs = []string{
	"yield", "yield", "sleep", "await", "settle", "call soon", "post", "timer", "spawn", "spawn eager", "cancel", "stop",
}

func drawScripts(rt *rapid.T) []turnScript {
	scripts := make([]turnScript, rapid.IntRange(1, 6).Draw(rt, "tasks"))
	for i := range scripts {
		for range rapid.IntRange(1, 8).Draw(rt, "acts") {
			scripts[i] = append(scripts[i], turnAct{
				rapid.SampledFrom(turnActs).Draw(rt, "act"),
				rapid.IntRange(0, 5).Draw(rt, "n"),
			})
		}
	}
	return scripts
}

// A turnStage runs scripts and notes what happens in which order.
type turnStage struct {
	t       *testing.T
	l       *loop.Loop
	scripts []turnScript
	futures []*future.Promise[none]
	tasks   []*loop.Task[none]
	log     []string
}

func (s *turnStage) note(format string, args ...any) {
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// spawn makes the next task whose script has not been used, if there is one.
func (s *turnStage) spawn(ctx context.Context, eager bool) {
	i := len(s.tasks)
	if i == len(s.scripts) {
		return
	}
	s.tasks = append(s.tasks, nil)
	s.tasks[i] = loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
		for k, act := range s.scripts[i] {
			s.note("%d.%d %s", i, k, act.what)
			if err := s.do(ctx, act); err != nil {
				s.note("%d.%d: %v", i, k, err)
			}
		}
		return none{}, nil
	}, loop.WithEagerStart(eager))
}

func (s *turnStage) do(ctx context.Context, act turnAct) error {
	what := fmt.Sprintf("%s %d", act.what, len(s.log))
	call := func() { s.note("%s runs", what) }
	switch act.what {
	case "yield":
		return loop.Sleep(ctx, 0)
	case "sleep":
		return loop.Sleep(ctx, time.Duration(act.n)*time.Millisecond)
	case "await":
		_, err := s.futures[act.n].Future().Await(ctx)
		return err
	case "settle":
		s.futures[act.n].Settle(none{}, nil)
	case "call soon":
		_, err := s.l.CallSoon(call)
		return err
	case "post":
		posted := make(chan error)
		go func() { posted <- s.l.Post(call) }()
		return <-posted
	case "timer":
		_, err := s.l.CallLater(time.Duration(act.n-2)*time.Millisecond, call)
		return err
	case "spawn":
		s.spawn(ctx, false)
	case "spawn eager":
		s.spawn(ctx, true)
	case "cancel":
		if act.n < len(s.tasks) && s.tasks[act.n] != nil {
			s.tasks[act.n].Cancel()
		}
	case "stop":
		s.l.Stop()
	}
	return nil
}

// runScripts returns what happened, the ends of runs included.
func runScripts(t *testing.T, scripts []turnScript, debug bool) (log []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Config{Debug: debug})
		defer l.Close()
		s := &turnStage{t: t, l: l, scripts: scripts}
		for range 6 {
			s.futures = append(s.futures, future.NewOn[none](l))
		}
		for range 2 {
			s.spawn(l.Context(), false)
		}
		// By then no task can go on by itself any more: release all that wait.
		_, err := l.CallLater(time.Minute, func() {
			s.note("everything is settled")
			for _, p := range s.futures {
				p.Settle(none{}, nil)
			}
		})
		require.NoError(t, err)
		_, err = l.CallLater(2*time.Minute, func() { s.note("the end"); l.Stop() })
		require.NoError(t, err)
		for !slices.Contains(s.log, "the end") {
			require.NoError(t, l.RunForever())
			s.note("stopped")
		}
		log = s.log
	})
	return log
}

// Whether a task begins the next turn itself or the loop does makes no difference
// to anything but time. In debug mode it is always the loop.
func TestTurnsInPlaceChangeNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		scripts := drawScripts(rt)
		want := runScripts(t, scripts, true)
		got := runScripts(t, scripts, false)
		if !slices.Equal(want, got) {
			rt.Fatalf("%v\nby the loop:\n%s\n\nin place:\n%s", scripts, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	})
}

// A task that never stops being the next one does not keep the loop from
// stopping, from debug mode, or from its own cancellation.
func TestTurnsInPlaceGiveWay(t *testing.T) {
	t.Run("to Stop from another goroutine", func(t *testing.T) {
		l := loop.New(loop.Config{})
		defer l.Close()
		turns := make(chan none, 1)
		task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
			for {
				if err := loop.Sleep(ctx, 0); err != nil {
					return none{}, err
				}
				select {
				case turns <- none{}:
				default:
				}
			}
		})
		go func() { <-turns; l.Stop() }()
		require.NoError(t, l.RunForever())
		require.False(t, task.IsDone())
		task.Cancel()
		require.ErrorIs(t, l.RunUntilComplete(task), context.Canceled)
	})
	t.Run("to callbacks, timers and posts", func(t *testing.T) {
		_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
			l, err := loop.FromContext(ctx)
			require.NoError(t, err)
			var soon, later, posted bool
			_, err = l.CallSoon(func() { soon = true })
			require.NoError(t, err)
			_, err = l.CallLater(time.Millisecond, func() { later = true })
			require.NoError(t, err)
			go func() { _ = l.Post(func() { posted = true }) }()
			for !soon || !later || !posted {
				require.NoError(t, loop.Sleep(ctx, 0))
			}
			return none{}, nil
		})
		require.NoError(t, err)
	})
	t.Run("to a dump, which finds it suspended", func(t *testing.T) {
		l := loop.New(loop.Config{})
		defer l.Close()
		task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
			return none{}, loop.Sleep(ctx, time.Hour)
		}, loop.WithName("sleeper"))
		ran := make(chan error)
		go func() { ran <- l.RunUntilComplete(task) }()
		require.Eventually(t, func() bool {
			ended, cancel := context.WithCancel(t.Context())
			cancel() // what can be seen from outside
			info, err := l.Dump(ended)
			return err == nil && len(info.Tasks) == 1 && info.Tasks[0].State == "suspended" &&
				len(info.Tasks[0].Stack) > 0 && strings.Contains(info.Tasks[0].Stack[0].Func, "loop.Sleep")
		}, 10*time.Second, time.Millisecond)
		task.Cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
	})
	t.Run("on a thread that is locked", func(t *testing.T) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
			l := here(t, ctx)
			for range 1000 {
				p := future.NewOn[none](l)
				go p.Settle(none{}, nil)
				_, err := p.Future().Await(ctx)
				require.NoError(t, err)
				require.NoError(t, loop.Sleep(ctx, 0))
			}
			return none{}, nil
		})
		require.NoError(t, err)
	})
	t.Run("to Close, which unwinds it", func(t *testing.T) {
		l := loop.New(loop.Config{})
		l.SetExceptionHandler(func(*loop.Loop, loop.ExceptionContext) {}) // it was not done
		unwound := false
		task := loop.CreateTask(l.Context(), func(ctx context.Context) (none, error) {
			defer func() {
				unwound = true
				_ = loop.Sleep(ctx, time.Hour)
				t.Error("a wait of a task that is unwound does not return")
			}()
			l.Stop()
			return none{}, loop.Sleep(ctx, time.Hour)
		})
		require.NoError(t, l.RunForever())
		require.NoError(t, l.Close())
		require.True(t, unwound)
		require.ErrorIs(t, task.Err(), loop.ErrClosed)
	})
}
