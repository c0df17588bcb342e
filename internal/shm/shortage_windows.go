package shm

import (
	"errors"
	"fmt"
	"syscall"
)

// withRoom runs fn, and if memory is short, once more after the collector has looked for
// objects that nothing can use any more.
func withRoom[T any](fn func() (T, error)) (T, error) {
	v, err := fn()
	if !errors.Is(err, syscall.ENOMEM) {
		return v, err
	}
	all.collect()
	if v, err = fn(); !errors.Is(err, syscall.ENOMEM) {
		return v, err
	}
	return v, fmt.Errorf("%w: close shared objects that are not needed, or give %s more room", err, files.place())
}

// slackObjects is how many objects may become unreachable before the collector is
// called. A process may have millions of handles.
func slackObjects() int { return 4096 }
