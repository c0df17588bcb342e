package natsexec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// run runs a call that was claimed.
func (n *Node) run(h *held, limit time.Duration) {
	if !executor.Registered(h.call.Function) {
		n.finish(h, nil, fmt.Errorf("%w: %q: node %s does not have it, and no other of build %s", executor.ErrNotRegistered, h.call.Function, n.name, n.cfg.Build))
		return
	}
	if h.call.Object == "" {
		n.submit(h, h.call.Arg, limit)
		return
	}
	began := time.Now()
	go func() {
		arg, err := n.getBlob(context.Background(), h.call.Object)
		if err != nil {
			n.finish(h, nil, err)
			return
		}
		if limit > 0 {
			limit = max(limit-time.Since(began), 1)
		}
		n.submit(h, arg, limit)
	}()
}

func (n *Node) submit(h *held, arg []byte, limit time.Duration) {
	ctx, cancel := context.Background(), func() {}
	if limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	ctx = executor.WithProgress(ctx, func(report executor.Encoded) { n.report(h, report) })
	f, err := executor.Submit(ctx, n.pool, executor.BindEncoded(h.call.Function, arg))
	if err != nil {
		cancel()
		n.finish(h, nil, err)
		return
	}
	n.mu.Lock()
	h.future = f
	canceled := h.canceled
	n.mu.Unlock()
	if canceled != nil {
		f.CancelCause(canceled)
	}
	f.AddDoneCallback(func(f *future.Future[executor.Encoded]) {
		cancel()
		result, err := f.Result()
		n.mu.Lock()
		returned := f.Canceled() && h.canceled == nil
		n.mu.Unlock()
		if returned {
			n.release(h)
			n.giveBack(h)
			return
		}
		n.finish(h, result, err)
	})
}

func (n *Node) report(h *held, report []byte) {
	if len(report) > maxInline {
		n.cfg.Logger.Warn("natsexec: a progress report was lost: it is too large", "function", h.call.Function, "bytes", len(report), "limit", maxInline)
		return
	}
	n.put(h.from, &resultMsg{Node: n.id, Call: h.ref, Kind: kindProgress, Body: report}, false)
}

// release frees the slot of a call that has ended.
func (n *Node) release(h *held) {
	n.mu.Lock()
	defer n.mu.Unlock()
	h.state = heldFinished
	n.busy--
	n.askLocked()
}

// finish sends the outcome of a call, and keeps it until the submitter took it.
func (n *Node) finish(h *held, result []byte, err error) {
	r := &resultMsg{Node: n.id, Call: h.ref, Kind: kindResult, Body: result}
	var crash *executor.CrashError
	switch {
	case err == nil:
	case errors.As(err, &crash):
		r.Kind, r.Body, r.Crash = kindCrash, nil, crashOf(crash)
	default:
		r.Kind, r.Body = kindError, executor.EncodeRemoteError(err)
	}
	n.release(h)
	if len(r.Body) > maxInline || h.call.Durable {
		go func() {
			n.putAside(r)
			if h.call.Durable {
				n.finishDurable(h, r)
				return
			}
			n.send(h, r)
		}()
		return
	}
	n.send(h, r)
}

// putAside stores a result that is too large for a message.
func (n *Node) putAside(r *resultMsg) {
	if len(r.Body) <= maxInline {
		return
	}
	object, err := n.putBlob(context.Background(), r.Body)
	r.Object, r.Body = object, nil
	if err != nil {
		r.Kind, r.Body = kindError, executor.EncodeRemoteError(err)
	}
}

// send sends a result for the first time. It does not wait for others if there is none whose
// end is near.
func (n *Node) send(h *held, r *resultMsg) {
	n.mu.Lock()
	h.result, h.sent = r, time.Now()
	atOnce := !n.short || n.busy == 0
	n.mu.Unlock()
	n.put(h.from, r, atOnce)
}
