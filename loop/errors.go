package loop

import (
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	// ErrClosed is returned by every call on a closed loop.
	ErrClosed = future.ErrClosed

	// ErrRunning is returned when a loop that runs is started or closed, or
	// when a loop is started inside another. Use a task, or a goroutine.
	ErrRunning = errors.New("loop: already running")

	// ErrStopped is returned by RunUntilComplete when Stop ended the loop
	// before the future was done. The future is as it was: run again.
	ErrStopped = errors.New("loop: stopped before the future completed")

	// ErrNoLoop is returned when a context carries no loop. Pass the context
	// that the task's body got, or the one of [Loop.Context].
	ErrNoLoop = errors.New("loop: the context carries no loop: pass the context of a task, or Loop.Context")

	// ErrWouldBlock is returned by a call that waits, in a bare callback on
	// the loop's own goroutine. Start a task with CreateTask and wait there.
	ErrWouldBlock = future.ErrWouldBlock

	errNilCallback = errors.New("loop: the callback is nil")
)
