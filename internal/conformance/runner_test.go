package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

const forever = 10 * time.Minute

var errBoom = errors.New("boom")

var _ = port("runner/01-run-outcome", func(o *out) {
	var loops []*loop.Loop
	main := func(mode string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			l, _ := loop.FromContext(ctx)
			loops = append(loops, l)
			if err := loop.Sleep(ctx, 0); err != nil {
				return "", err
			}
			switch mode {
			case "error":
				return "", errBoom
			case "self-cancel":
				loop.CurrentTask(ctx).Cancel()
				return "", loop.Sleep(ctx, 0)
			case "cancelled-future":
				f := future.NewOn[string](l).Future()
				f.Cancel()
				return f.Await(ctx)
			case "stop":
				l.Stop()
				if err := loop.Sleep(ctx, 0); err != nil {
					return "", err
				}
				if err := loop.Sleep(ctx, 0); err != nil {
					return "", err
				}
			}
			return mode + "-value", nil
		}
	}
	for _, mode := range []string{"plain", "error", "self-cancel", "cancelled-future", "stop", "plain"} {
		v, err := loop.Run(o.Context(), main(mode))
		switch {
		case err == nil:
			o.Print(mode+":", "returns", v)
		case errors.Is(err, loop.ErrStopped):
			o.Print(mode+":", "runtime-error: stopped before completion")
		case errors.Is(err, context.Canceled):
			o.Print(mode+":", "cancelled")
		default:
			o.Print(mode+":", "error", err)
		}
	}
	different, closed := map[*loop.Loop]bool{}, 0
	for _, l := range loops {
		different[l] = true
		if l.IsClosed() {
			closed++
		}
	}
	o.Print("different loops:", len(different), "of", len(loops))
	o.Print("closed:", closed, "of", len(loops))
	_, err := loop.FromContext(o.Context())
	o.Print("no running loop outside:", refused(err))
})

var _ = port("runner/03-leftover-error", func(o *out) {
	for _, mode := range []string{"value", "error"} {
		var reports []string
		v, err := loop.Run(o.Context(), func(ctx context.Context) (string, error) {
			l, _ := loop.FromContext(ctx)
			turnsBad := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
				loop.Sleep(ctx, forever)
				return 0, errors.New("cleanup failed")
			})
			failedBefore := loop.CreateTask(ctx, func(context.Context) (int, error) {
				return 0, errors.New("failed while main still ran")
			})
			l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) {
				whose := map[bool]string{true: "task", false: "other"}[ec.Task == turnsBad.Name()]
				reports = append(reports, fmt.Sprintf("   reported: %v / names the %s / message: %s", ec.Err, whose, yes(ec.Message != "")))
			})
			loop.Sleep(ctx, 0)
			_ = failedBefore.Err() // looked at: nothing to report
			if mode == "error" {
				return "", errors.New("main failed")
			}
			return "main-value", nil
		})
		if err == nil {
			o.Print(mode+": returns", v)
		} else {
			o.Print(mode+": raises", err)
		}
		for _, r := range reports {
			o.Print(r)
		}
	}
})

var _ = port("runner/05-run-inside-loop", func(o *out) {
	inner := func(ctx context.Context) (string, error) {
		return "inner-value", loop.Sleep(ctx, 20*time.Millisecond)
	}
	runner := loop.NewRunner(loop.Config{})
	defer runner.Close()
	loop.Run(o.Context(), func(ctx context.Context) (struct{}, error) {
		l, _ := loop.FromContext(ctx)
		_, err := loop.Run(ctx, inner)
		o.Print("run in a task:", refused(err))
		_, err = loop.RunOn(ctx, runner, inner)
		o.Print("runner in a task:", refused(err))
		l.CallSoon(func() {
			_, err := loop.Run(o.Context(), inner)
			o.Print("run in a callback:", refused(err))
		})
		loop.Sleep(ctx, 0)
		v, _ := loop.ToThread(ctx, func(context.Context) (string, error) {
			return loop.Run(o.Context(), inner)
		}).Await(ctx)
		o.Print("in another thread:", v)
		running, _ := loop.FromContext(ctx)
		o.Print("still the running loop:", yes(running == l && l.IsRunning()))
		return struct{}{}, nil
	})
	v, _ := loop.RunOn(o.Context(), runner, inner)
	o.Print("the refused runner later:", v)
})

var _ = port("runner/06-interrupt", func(o *out) {
	var tr trace
	_, err := loop.Run(o.Context(), func(ctx context.Context) (struct{}, error) {
		l, _ := loop.FromContext(ctx)
		loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
			err := loop.Sleep(ctx, forever)
			if future.IsCanceled(err) {
				tr.note("background-cancelled")
			}
			return struct{}{}, err
		})
		l.CallLater(50*time.Millisecond, func() { interruptSelf(o.T) })
		defer tr.note("main-finally")
		tr.note("main-waits")
		err := loop.Sleep(ctx, forever)
		if future.IsCanceled(err) {
			tr.note(fmt.Sprintf("main-cancelled-requests-%d", loop.CurrentTask(ctx).Cancelling()))
			loop.Sleep(ctx, 50*time.Millisecond)
			tr.note("main-cleaned-up")
		}
		return struct{}{}, err
	})
	switch {
	case errors.Is(err, loop.ErrInterrupted):
		o.Print("interrupted")
	case errors.Is(err, context.Canceled):
		o.Print("cancelled")
	default:
		o.Print("returned")
	}
	for _, step := range tr {
		o.Print(step)
	}
})

// interruptSelf sends the interrupt signal to this process.
func interruptSelf(t *testing.T) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil {
		t.Error(err)
	}
}

var _ = port("runner/08-exit-order", func(o *out) {
	inBubble(o, func(t *testing.T) {
		var tr trace
		var last *loop.Loop
		attempt := func(mode string) error {
			gate := make(chan struct{})
			_, err := loop.Run(t.Context(), func(ctx context.Context) (struct{}, error) {
				l, _ := loop.FromContext(ctx)
				last = l
				loop.CreateTask(ctx, func(ctx context.Context) (struct{}, error) {
					err := loop.Sleep(ctx, forever)
					tr.note("leftover-cleanup-begins")
					loop.Sleep(loop.Resume(ctx), 30*time.Millisecond)
					tr.note("leftover-cleanup-ends")
					l.CallLater(50*time.Millisecond, func() { close(gate) })
					return struct{}{}, err
				})
				loop.ToThread(ctx, func(context.Context) (struct{}, error) {
					<-gate
					tr.note("thread-job-ends")
					return struct{}{}, nil
				})
				defer func() {
					loop.Sleep(loop.Resume(ctx), 20*time.Millisecond)
					tr.note("main-cleaned-up")
				}()
				loop.Sleep(ctx, 20*time.Millisecond)
				if mode == "error" {
					return struct{}{}, errBoom
				}
				tr.note("main-returns")
				return struct{}{}, nil
			})
			return err
		}
		attempt("value")
		tr.note("run-returned-" + map[bool]string{true: "closed", false: "open"}[last.IsClosed()])
		for _, step := range tr {
			o.Print(step)
		}
		tr = nil
		err := attempt("error")
		tr.note(fmt.Sprintf("run-raised-%v", err))
		o.Print("with an error:", &tr)
	})
})
