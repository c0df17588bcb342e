package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// lines prints each entry of a diary on a line of its own.
func (o *out) lines(tr diary) {
	for _, step := range tr {
		o.Print(step)
	}
}

// settled names how f is done, with the words that the cases print.
func settled(f interface {
	IsDone() bool
	Canceled() bool
},
) string {
	switch {
	case f.Canceled():
		return "cancelled"
	case f.IsDone():
		return "done"
	default:
		return "pending"
	}
}

// kindOf names the outcome of an attempt.
func kindOf(v any, err error) string {
	switch {
	case errors.Is(err, future.ErrInvalidState):
		return "invalid-state"
	case future.IsCanceled(err):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case err != nil:
		return "raises " + err.Error()
	case v == nil:
		return "none"
	default:
		return fmt.Sprint("returns ", v)
	}
}

// exceptionOf names what exception() returns.
func exceptionOf(f future.Waitable) string {
	if err := f.Err(); err != nil && !errors.Is(err, future.ErrInvalidState) && !future.IsCanceled(err) {
		return "returns " + err.Error()
	}
	return kindOf(nil, f.Err())
}

var _ = port("future/01-callbacks-are-scheduled", func(o *out) {
	inBubble(o, func(*testing.T) {
		l := newLoop()
		defer l.Close()
		p := future.NewOn[int](l)
		var tr diary
		cb := func(name string) {
			p.Future().AddDoneCallback(func(f *future.Future[int]) {
				v, _ := f.Result()
				tr.add(fmt.Sprint(name, "=", v))
			})
		}
		cb("one")
		cb("two")
		o.Print("state:", settled(p.Future()))
		l.CallSoon(func() {
			tr.add("finish-begins")
			l.CallSoon(func() { tr.add("ready-before") })
			p.SetResult(5)
			l.CallSoon(func() { tr.add("ready-after") })
			tr.add("finish-ends-" + settled(p.Future()))
		})
		l.CallSoon(func() { tr.add("same-batch") })
		cb("three")
		l.CallLater(300*ms, l.Stop)
		l.RunForever()
		o.lines(tr)
		o.Print("state:", settled(p.Future()))
	})
})

var _ = port("future/02-callback-added-when-done", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		for _, name := range []string{"result", "error", "cancelled"} {
			p := future.NewOn[int](l)
			switch name {
			case "result":
				p.SetResult(1)
			case "error":
				p.SetError(errors.New("boom"))
			default:
				p.Future().Cancel()
			}
			var tr diary
			p.Future().AddDoneCallback(func(f *future.Future[int]) {
				tr.add("late-callback")
				f.OnDone(func() { tr.add("added-by-late") })
				l.CallSoon(func() { tr.add("soon-by-late") })
			})
			tr.add("added")
			loop.Sleep(ctx, 0)
			tr.add("main-1")
			loop.Sleep(ctx, 0)
			tr.add("main-2")
			o.Print(name+":", &tr)
			if name == "error" {
				o.Print("error was:", p.Future().Err())
			}
		}
		return err
	})
})

var _ = port("future/04-invalid-states", func(o *out) {
	l := newLoop()
	defer l.Close()
	probe := func(name string, p *future.Promise[string]) {
		f := p.Future()
		o.Print("["+name+"]", "done:", yes(f.IsDone()), "/ cancelled:", yes(f.Canceled()))
		o.Print("  result:", kindOf(f.Result()), "/ exception:", exceptionOf(f))
	}
	pending, ok, bad, gone := future.NewOn[string](l), future.NewOn[string](l), future.NewOn[string](l), future.NewOn[string](l)
	probe("pending", pending)
	ok.SetResult("first")
	bad.SetError(errors.New("boom"))
	gone.Future().Cancel()
	for i, p := range []*future.Promise[string]{ok, bad, gone} {
		probe([]string{"result", "error", "cancelled"}[i], p)
		o.Print("  set_result:", kindOf(nil, p.SetResult("second")),
			"/ set_exception:", kindOf(nil, p.SetError(errors.New("second"))),
			"/ cancel:", yes(p.Future().Cancel()))
		o.Print("  still:", kindOf(p.Future().Result()))
	}
})

var _ = port("future/05-cancel", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		f := future.NewOn[int](l).Future()
		var tr diary
		for _, name := range []string{"w1", "w2"} {
			f.AddDoneCallback(func(f *future.Future[int]) { tr.add(name + ":" + settled(f)) })
		}
		read := func() string { return kindOf(f.Result()) }
		o.Print("cancel:", yes(f.Cancel()))
		o.Print("at once: done", yes(f.IsDone()), "/ cancelled", yes(f.Canceled()), "/ callbacks", len(tr))
		o.Print("cancel again:", yes(f.Cancel()))
		o.Print("result:", read(), "/ exception:", exceptionOf(f), "/ once more:", read())
		loop.Sleep(ctx, 0)
		o.Print("callbacks:", &tr)
		o.Print("await:", kindOf(f.Await(ctx)))
		o.Print("own task untouched:", myRequests(ctx), "requests")
		return err
	})
})

// A customError carries a code, as the exception class of its case does.
type customError struct{ code int }

func (e *customError) Error() string { return fmt.Sprint("code ", e.code) }

var _ = port("future/06-exception-retrieval", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		original := &customError{7}
		bad := future.NewOn[int](l)
		bad.SetError(original)
		o.Print("same object:", yes(bad.Future().Err() == error(original)))
		for _, attempt := range []string{"result", "result", "await", "await"} {
			_, err := bad.Future().Result()
			if attempt == "await" {
				_, err = bad.Future().Await(ctx)
			}
			var got *customError
			if errors.As(err, &got) {
				o.Print(attempt, "raises", got.code, map[bool]string{true: "same", false: "different"}[got == original])
			}
		}
		good := future.NewOn[any](l)
		good.SetResult(nil)
		o.Print("exception of a clean future:", exceptionOf(good.Future()))
		v, _ := good.Future().Result()
		o.Print("result may be none:", yes(v == nil))
		value := future.NewOn[error](l)
		value.SetResult(errors.New("just a value"))
		e, _ := value.Future().Await(ctx)
		o.Print("error as value:", exceptionOf(value.Future()), "/", e)
		return err
	})
})

var _ = port("future/07-callback-failure", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		var tr diary
		l.SetExceptionHandler(func(_ *loop.Loop, ec loop.ExceptionContext) {
			tr.add(fmt.Sprintf("handler(%v)", errors.Unwrap(ec.Err)))
		})
		p := future.NewOn[int](l)
		cb := func(name string, fail bool) {
			p.Future().AddDoneCallback(func(f *future.Future[int]) {
				v, _ := f.Result()
				tr.add(fmt.Sprint(name, ":", v))
				if fail {
					panic(errors.New(name))
				}
			})
		}
		cb("g1", false)
		cb("b1", true)
		task := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			v, err := p.Future().Await(ctx)
			tr.add(fmt.Sprint("waiter:", v))
			return v, err
		})
		loop.Sleep(ctx, 0)
		cb("b2", true)
		cb("g2", false)
		p.SetResult(3)
		task.Await(ctx)
		o.lines(tr)
		v, _ := p.Future().Result()
		o.Print("future unharmed:", v)
		return err
	})
})

var _ = port("future/10-wrap-concurrent", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		fromThread := func(fn func()) {
			var wg sync.WaitGroup
			wg.Go(fn)
			wg.Wait()
		}
		ok, bad, gone, ready := future.New[string](), future.New[string](), future.New[string](), future.New[string]()
		ready.SetResult("early")
		sources := []*future.Promise[string]{ok, bad, gone, ready}
		var wrapped []*future.Future[string]
		for _, p := range sources {
			wrapped = append(wrapped, loop.WrapFuture(l, p.Future()))
		}
		done := func(fs ...*future.Future[string]) string {
			var answers []string
			for _, f := range fs {
				answers = append(answers, yes(f.IsDone()))
			}
			return strings.Join(answers, " ")
		}
		o.Print("finished source, wrapper done at once:", done(wrapped[3]))
		fromThread(func() { ok.SetResult("value") })
		fromThread(func() { bad.SetError(errors.New("boom")) })
		fromThread(func() { gone.Future().Cancel() })
		o.Print("sources done:", done(ok.Future(), bad.Future(), gone.Future()))
		o.Print("wrappers done before the loop ran:", done(wrapped...))
		for i, name := range []string{"ok", "bad", "gone", "ready"} {
			v, err := wrapped[i].Await(ctx)
			switch {
			case future.IsCanceled(err):
				v = "cancelled"
			case err != nil:
				v = "error " + err.Error()
			default:
				v = "result " + v
			}
			o.Print(name+":", v)
		}
		own := future.NewOn[int](l).Future()
		o.Print("wrapping a loop future:", map[bool]string{true: "same object", false: "new object"}[loop.WrapFuture(l, own) == own])
		return err
	})
})

var _ = port("future/12-run-coroutine-threadsafe", func(o *out) {
	inLoop(o, func(ctx context.Context) error {
		l, err := loop.FromContext(ctx)
		var tr diary
		submit := func(name string, delay time.Duration, fail bool) *future.Future[string] {
			return loop.RunCoroutineThreadsafe(l, func(ctx context.Context) (string, error) {
				if err := loop.Sleep(ctx, delay); err != nil {
					tr.add(name + ":cancelled-inside")
					return "", err
				}
				tr.add(name + ":finished")
				if fail {
					return "", errors.New("boom")
				}
				return name, nil
			})
		}
		result := func(f *future.Future[string]) string {
			v, _ := f.Await(context.Background())
			return v
		}
		loop.ToThread(ctx, func(context.Context) (struct{}, error) {
			o.Print("result:", result(submit("quick", 0, false)))
			_, err := submit("failing", 0, true).Await(context.Background())
			o.Print("error:", err)
			slow := submit("slow", 400*ms, false)
			limit, cancel := context.WithTimeout(context.Background(), 30*ms)
			defer cancel()
			if _, err := slow.Await(limit); errors.Is(err, context.DeadlineExceeded) {
				o.Print("timeout, done:", yes(slow.IsDone()))
			}
			o.Print("waited again:", result(slow))
			endless := submit("endless", ever, false)
			time.Sleep(50 * ms)
			o.Print("cancel:", yes(endless.Cancel()))
			o.Print(kindOf(endless.Await(context.Background())))
			time.Sleep(50 * ms)
			return struct{}{}, nil
		}).Await(ctx)
		o.Print("inside:", &tr)
		return err
	})
})

var _ = port("future/13-thread-future-contrast", func(o *out) {
	var tr diary
	p := future.New[int]()
	f := p.Future()
	cb := func(name string, fail bool) func(*future.Future[int]) {
		return func(f *future.Future[int]) {
			v, err := f.Result()
			if err != nil {
				tr.add(name + ":" + kindOf(v, err))
				return
			}
			tr.add(fmt.Sprint(name, ":", v))
			if fail {
				panic(name)
			}
		}
	}
	same := cb("twice", false)
	f.AddDoneCallback(same)
	f.AddDoneCallback(cb("bad", true))
	f.AddDoneCallback(same)
	soon, cancel := context.WithTimeout(o.Context(), 20*ms)
	defer cancel()
	o.Print("pending result:", kindOf(f.Await(soon)))
	o.Print("starts:", yes(p.SetRunning()), "/ running:", yes(f.Running()))
	o.Print("cancel while running:", yes(f.Cancel()))
	p.SetResult(9)
	o.Print("right after set_result:", &tr)
	f.AddDoneCallback(cb("late", false))
	o.Print("right after adding:", tr[len(tr)-1])
	err := p.SetResult(1)
	v, _ := f.Result()
	o.Print("set again:", kindOf(nil, err), "/ kept:", v)

	tr.clear()
	gone := future.New[int]()
	gone.Future().AddDoneCallback(cb("gone", false))
	var mu sync.Mutex
	var waiting sync.WaitGroup
	waiting.Go(func() {
		word := kindOf(gone.Future().Await(context.Background()))
		mu.Lock()
		defer mu.Unlock()
		tr.add("thread:" + word)
	})
	mu.Lock()
	first := gone.Future().Cancel()
	mu.Unlock()
	o.Print("cancel:", yes(first), "/ again:", yes(gone.Future().Cancel()))
	waiting.Wait()
	slices.Sort(tr)
	o.Print("after cancel:", &tr)
	o.Print("starts:", yes(gone.SetRunning()), "/ set:", kindOf(nil, gone.SetResult(1)))
})
