package fuzz

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

type ctx = context.Context

// coordination holds the instructions for what package syncs and package queue offer.
var coordination = map[string]instruction{
	// Locks and the like.
	"lock":      func(f *frame, o *op, a []string) (any, error) { return hold(f, f.locks[number(a[0])], o) },
	"acquire":   func(f *frame, _ *op, a []string) (any, error) { return nil, f.locks[number(a[0])].Acquire(f.ctx()) },
	"release":   func(f *frame, _ *op, a []string) (any, error) { return nil, f.locks[number(a[0])].Release() },
	"semaphore": func(f *frame, o *op, a []string) (any, error) { return hold(f, f.semaphores[number(a[0])], o) },
	"take": func(f *frame, _ *op, a []string) (any, error) {
		return nil, f.semaphores[number(a[0])].Acquire(f.ctx())
	},
	"give":    func(f *frame, _ *op, a []string) (any, error) { return nil, f.semaphores[number(a[0])].Release() },
	"evwait":  func(f *frame, _ *op, a []string) (any, error) { return nil, f.events[number(a[0])].Wait(f.ctx()) },
	"evset":   func(f *frame, _ *op, a []string) (any, error) { f.events[number(a[0])].Set(); return nil, nil },
	"evclear": func(f *frame, _ *op, a []string) (any, error) { f.events[number(a[0])].Clear(); return nil, nil },
	"condition": func(f *frame, o *op, a []string) (any, error) {
		return hold(f, f.conditions[number(a[0])], o)
	},
	"cwait": func(f *frame, _ *op, a []string) (any, error) {
		return nil, f.conditions[number(a[0])].Wait(f.ctx())
	},
	"cwaitfor": func(f *frame, _ *op, a []string) (any, error) {
		return nil, f.conditions[number(a[0])].WaitFor(f.ctx(), func() bool { return f.count >= number(a[1]) })
	},
	"count": func(f *frame, _ *op, _ []string) (any, error) { f.count++; return f.count, nil },
	"notify": func(f *frame, _ *op, a []string) (any, error) {
		return nil, f.conditions[number(a[0])].Notify(number(a[1]))
	},
	"notifyall": func(f *frame, _ *op, a []string) (any, error) { return nil, f.conditions[number(a[0])].NotifyAll() },
	"bwait": func(f *frame, _ *op, a []string) (any, error) {
		index, err := f.barriers[number(a[0])].Wait(f.ctx())
		return index, err
	},
	"breset": func(f *frame, _ *op, a []string) (any, error) { return nil, f.barriers[number(a[0])].Reset(f.ctx()) },
	"babort": func(f *frame, _ *op, a []string) (any, error) { return nil, f.barriers[number(a[0])].Abort(f.ctx()) },

	// Queues.
	"put": func(f *frame, _ *op, a []string) (any, error) {
		return nil, f.queues[number(a[0])].Put(f.ctx(), number(a[1]))
	},
	"get": func(f *frame, _ *op, a []string) (any, error) { return f.queues[number(a[0])].Get(f.ctx()) },
	"putnow": func(f *frame, _ *op, a []string) (any, error) {
		return nil, f.queues[number(a[0])].PutNowait(number(a[1]))
	},
	"getnow":   func(f *frame, _ *op, a []string) (any, error) { return f.queues[number(a[0])].GetNowait() },
	"taskdone": func(f *frame, _ *op, a []string) (any, error) { return nil, f.queues[number(a[0])].TaskDone() },
	"join":     func(f *frame, _ *op, a []string) (any, error) { return nil, f.queues[number(a[0])].Join(f.ctx()) },
	"qsize":    func(f *frame, _ *op, a []string) (any, error) { return f.queues[number(a[0])].Qsize(), nil },
	"shutdown": func(f *frame, _ *op, a []string) (any, error) {
		f.queues[number(a[0])].Shutdown(a[1] == "1")
		return nil, nil
	},
}

// hold runs the kids of o while l is held.
func hold(f *frame, l syncs.Locker, o *op) (any, error) {
	return nil, syncs.With(f.ctx(), l, func() error { return f.block(o.kids) })
}
