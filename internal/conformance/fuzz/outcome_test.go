package fuzz

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

// A userError is what a program raises.
type userError int

func (e userError) Error() string { return fmt.Sprintf("E%d", int(e)) }

// pythonNames says which exception stands for an error.
var pythonNames = []struct {
	err  error
	name string
}{
	{syncs.ErrBrokenBarrier, "broken"},
	{future.ErrInvalidState, "InvalidStateError"},
	{syncs.ErrNotLocked, "RuntimeError"},
	{future.ErrAwaitsItself, "RuntimeError"},
	{loop.ErrGroupNotEntered, "RuntimeError"},
	{loop.ErrGroupFinished, "RuntimeError"},
	{loop.ErrGroupAborting, "RuntimeError"},
	{loop.ErrTimeoutState, "RuntimeError"},
	{queue.ErrFull, "QueueFull"},
	{queue.ErrEmpty, "QueueEmpty"},
	{queue.ErrShutdown, "QueueShutDown"},
	{queue.ErrTaskDone, "ValueError"},
	{syncs.ErrReleasedTooOften, "ValueError"},
}

// kind names an error as the trace does.
func kind(err error) string {
	group, _ := err.(*loop.ErrorGroup) // itself, not in what wraps it
	var user userError
	switch {
	case group != nil:
		kinds := make([]string, len(group.Errors))
		for i, e := range group.Errors {
			kinds[i] = kind(e)
		}
		return "group(" + strings.Join(kinds, " ") + ")"
	case future.IsCanceled(err):
		return "cancel"
	case errors.Is(err, future.ErrTimeout):
		return "timeout"
	}
	for _, known := range pythonNames {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	if errors.As(err, &user) {
		return user.Error()
	}
	return err.Error()
}

// show is how the trace shows the result of an instruction.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "ok"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case error:
		return "!" + kind(v)
	case []int:
		return fmt.Sprint(v)
	case []future.Outcome[int]:
		words := make([]string, len(v))
		for i, o := range v {
			if words[i] = show(o.Value); o.Err != nil {
				words[i] = show(o.Err)
			}
		}
		return "[" + strings.Join(words, " ") + "]"
	}
	return fmt.Sprint(v)
}

// state shows what has become of w.
func (h *handle) state() string {
	if !h.work.IsDone() {
		return "pending"
	}
	v, err := h.result()
	if err != nil {
		return show(err)
	}
	return show(v)
}
