package fuzz

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// An instruction does what an op says, and returns its result for the trace.
type instruction = func(f *frame, o *op, args []string) (any, error)

// instructions holds the instructions by name. See python/instructions.py for
// the originals.
var instructions map[string]instruction

func init() {
	instructions = map[string]instruction{
		// Tasks and futures.
		"nop":   func(*frame, *op, []string) (any, error) { return nil, nil },
		"sleep": func(f *frame, _ *op, a []string) (any, error) { return nil, loop.Sleep(f.ctx(), ms(a[0])) },
		"spawn": func(f *frame, _ *op, a []string) (any, error) { return f.spawn(f.ctx(), number(a[0]), nil) },
		"await": func(f *frame, _ *op, a []string) (any, error) {
			return f.with(a[0], func(h *handle) (any, error) { return h.await(f.ctx()) })
		},
		"cancel": func(f *frame, _ *op, a []string) (any, error) {
			return f.any(a[0], func(h *handle) (any, error) { return h.work.Cancel(), nil })
		},
		"uncancel":   uncancel,
		"cancelling": func(f *frame, _ *op, _ []string) (any, error) { return f.cancelling(), nil },
		"set": func(f *frame, _ *op, a []string) (any, error) {
			return nil, f.promise(a[0]).SetResult(number(a[1]))
		},
		"fail": func(f *frame, _ *op, a []string) (any, error) {
			return nil, f.promise(a[0]).SetError(userError(number(a[1])))
		},
		"state": func(f *frame, _ *op, a []string) (any, error) {
			return f.any(a[0], func(h *handle) (any, error) { return h.state(), nil })
		},
		"soon": func(f *frame, o *op, _ []string) (any, error) {
			_, err := f.l.CallSoon(func() { f.note("cb", strconv.Itoa(o.line), "ran") })
			return nil, err
		},
		"later": func(f *frame, o *op, a []string) (any, error) {
			_, err := f.l.CallLater(ms(a[0]), func() { f.note("cb", strconv.Itoa(o.line), "ran") })
			return nil, err
		},
		"ondone": func(f *frame, o *op, a []string) (any, error) {
			return f.any(a[0], func(h *handle) (any, error) {
				h.work.OnDone(func() { f.note("cb", strconv.Itoa(o.line), h.state()) })
				return nil, nil
			})
		},

		// Flow of control.
		"raise": func(_ *frame, _ *op, a []string) (any, error) { return nil, userError(number(a[0])) },
		"return": func(f *frame, _ *op, a []string) (any, error) {
			n := number(a[0])
			f.returned = &n
			return nil, nil
		},
		"call":    call,
		"repeat":  repeat,
		"try":     try,
		"finally": finally,

		// Scopes.
		"timeout":    timeout,
		"reschedule": reschedule,
		"expired": func(f *frame, _ *op, _ []string) (any, error) {
			if len(f.limits) == 0 {
				return "none", nil
			}
			return f.limits[len(f.limits)-1].Expired(), nil
		},
		"group": group,
		"gspawn": func(f *frame, _ *op, a []string) (any, error) {
			if len(f.groups) == 0 {
				return "none", nil
			}
			return f.spawn(f.ctx(), number(a[0]), f.groups[len(f.groups)-1])
		},

		// Combinations.
		"gather": gather,
		"shield": func(f *frame, _ *op, a []string) (any, error) {
			return f.with(a[0], func(h *handle) (any, error) {
				if h.one == nil {
					return "several", nil
				}
				return combine(f.run, future.Shield(h.one), []*handle{h}), nil
			})
		},
		"wrap": func(f *frame, _ *op, a []string) (any, error) {
			return combine(f.run, loop.WrapFuture(f.l, f.free[number(a[0])].Future()), nil), nil
		},
		"freeset": func(f *frame, _ *op, a []string) (any, error) {
			return nil, f.free[number(a[0])].SetResult(number(a[1]))
		},
		"freestate": func(f *frame, _ *op, a []string) (any, error) {
			return handleOf(f.free[number(a[0])].Future(), never).state(), nil
		},
		"waitfor": func(f *frame, _ *op, a []string) (any, error) {
			return f.with(a[1], func(h *handle) (any, error) { return h.limit(f.ctx(), ms(a[0])) })
		},
		"wait":      wait,
		"completed": completed,
	}
	for name, fn := range coordination {
		instructions[name] = fn
	}
}

func ms(word string) time.Duration { return time.Duration(number(word)) * time.Millisecond }

// with calls fn with a handle that the task may await.
func (f *frame) with(ref string, fn func(*handle) (any, error)) (any, error) {
	if h := f.pick(f.name, ref); h != nil {
		return fn(h)
	}
	return "none", nil
}

// any calls fn with a handle of any task.
func (f *frame) any(ref string, fn func(*handle) (any, error)) (any, error) {
	if h := f.pick(-1, ref); h != nil {
		return fn(h)
	}
	return "none", nil
}

func (f *frame) promise(ref string) *future.Promise[int] {
	return f.promises[slices.Index(f.handles['f'], f.pick(-1, ref))]
}

// picks returns the handles that the task may await.
func (f *frame) picks(refs []string) (hs []*handle) {
	for _, ref := range refs {
		if h := f.pick(f.name, ref); h != nil {
			hs = append(hs, h)
		}
	}
	return hs
}

func uncancel(f *frame, _ *op, _ []string) (any, error) {
	before, n := f.cancelling(), f.task().Uncancel()
	if before > 0 && n == 0 {
		f.resume() // a request that was not told yet is taken back
	}
	return n, nil
}

func call(f *frame, _ *op, a []string) (any, error) {
	if f.depth == maxDepth {
		return "deep", nil
	}
	inner := *f
	inner.returned = nil
	inner.depth++
	inner.groups, inner.limits = slices.Clip(f.groups), slices.Clip(f.limits)
	err := inner.block(f.bodies[number(a[0])%len(f.bodies)].kids)
	f.seen = inner.seen
	switch {
	case err != nil:
		return nil, err
	case inner.returned != nil:
		return *inner.returned, nil
	}
	return nil, nil
}

func repeat(f *frame, o *op, a []string) (any, error) {
	for range number(a[0]) {
		if err := f.block(o.kids); err != nil {
			return nil, err
		}
		if f.returned != nil {
			break
		}
	}
	return nil, nil
}

func try(f *frame, o *op, a []string) (any, error) {
	body, handler := o.split()
	err := f.block(body)
	if err == nil || !catches[a[0]](err) {
		return nil, err
	}
	f.note(f.who(), strconv.Itoa(o.line), "caught "+kind(err))
	return nil, f.block(handler)
}

func finally(f *frame, o *op, _ []string) (any, error) {
	body, handler := o.split()
	err := f.block(body)
	returned := f.returned
	f.returned = nil
	if failed := f.block(handler); failed != nil {
		return nil, failed
	}
	if f.returned == nil {
		f.returned = returned
	}
	return nil, err
}

func timeout(f *frame, o *op, a []string) (any, error) {
	limit := loop.NewTimeout(ms(a[0]))
	return nil, limit.Do(f.ctx(), func(ctx ctx) error {
		f.limits = append(f.limits, limit)
		defer func() { f.limits = f.limits[:len(f.limits)-1] }()
		return f.inside(ctx, o.kids)
	})
}

func reschedule(f *frame, _ *op, a []string) (any, error) {
	if len(f.limits) == 0 {
		return "none", nil
	}
	when := time.Time{}
	if d := ms(a[0]); d >= 0 {
		when = time.Now().Add(d)
	}
	return nil, f.limits[len(f.limits)-1].Reschedule(when)
}

func group(f *frame, o *op, _ []string) (any, error) {
	return nil, loop.WithTaskGroup(f.ctx(), func(ctx ctx, g *loop.TaskGroup) error {
		f.groups = append(f.groups, g)
		defer func() { f.groups = f.groups[:len(f.groups)-1] }()
		return f.inside(ctx, o.kids)
	})
}

func gather(f *frame, _ *op, a []string) (any, error) {
	var hs []*handle
	var fs []*future.Future[int]
	for _, h := range f.picks(a[1:]) {
		if h.one == nil {
			return "several", nil
		}
		hs, fs = append(hs, h), append(fs, h.one)
	}
	if len(hs) == 0 {
		return "none", nil // it would be free: nothing says of which loop it is
	}
	if a[0] == "errors" {
		return combine(f.run, future.GatherOutcomes(fs...), hs), nil
	}
	return combine(f.run, future.Gather(fs...), hs), nil
}

func works(hs []*handle) []future.Waitable {
	ws := make([]future.Waitable, len(hs))
	for i, h := range hs {
		ws[i] = h.work
	}
	return ws
}

func wait(f *frame, _ *op, a []string) (any, error) {
	when := map[string]future.ReturnWhen{
		"ALL_COMPLETED":   future.AllCompleted,
		"FIRST_COMPLETED": future.FirstCompleted,
		"FIRST_EXCEPTION": future.FirstException,
	}[a[0]]
	ws := works(f.picks(a[2:]))
	if len(ws) == 0 {
		return "none", nil
	}
	done, pending, err := future.Wait(f.ctx(), ws, future.WaitOptions{ReturnWhen: when, Timeout: ms(a[1])})
	if err != nil {
		return nil, err
	}
	index := func(list []future.Waitable) (at []int) {
		for _, w := range list {
			at = append(at, slices.Index(ws, w))
		}
		return at
	}
	return fmt.Sprint("done=", index(done), " pending=", index(pending)), nil
}

func completed(f *frame, o *op, a []string) (any, error) {
	ws := works(f.picks(a[1:]))
	for w, err := range future.AsCompleted(live{f}, ws, ms(a[0])) {
		f.sync()
		if err != nil {
			return nil, err
		}
		f.note(f.who(), strconv.Itoa(o.line), fmt.Sprint("got ", slices.Index(ws, w)))
		if err := f.block(o.kids); err != nil {
			return nil, err
		}
		if f.returned != nil {
			break
		}
	}
	return nil, nil
}
