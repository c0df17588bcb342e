//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// withRoom runs fn, and if descriptors, memory or mappings are short, once more after
// the collector has looked for objects that nothing can use any more.
func withRoom[T any](fn func() (T, error)) (T, error) {
	v, err := fn()
	if !short(err) {
		return v, err
	}
	all.collect()
	if v, err = fn(); !short(err) {
		return v, err
	}
	remedy := "close shared objects that are not needed"
	switch {
	case errors.Is(err, unix.EMFILE):
		remedy += ", or raise the limit of descriptors (ulimit -n)"
	case errors.Is(err, unix.ENOSPC):
		remedy += ", or give " + files.place() + " more room"
	}
	return v, fmt.Errorf("%w: %s", err, remedy)
}

func short(err error) bool {
	for _, errno := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSPC} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// slackObjects is how many objects may become unreachable before the collector is
// called: few enough to leave the others most of the descriptors.
func slackObjects() int {
	const most = 4096
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur/4 > most {
		return most
	}
	return max(16, int(limit.Cur/4))
}
