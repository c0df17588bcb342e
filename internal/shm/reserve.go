//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

// reserveStep is how much memory is taken at a time: a signal undoes one step.
const reserveStep = 16 << 20

// reserve takes the memory for a part of a new file, so that there is an error
// now or none later: a page that cannot be had at its first access is a bus error, or
// the end of some process.
func (descriptors) reserve(fd int, from, to int64) error {
	if err := memory.check(to - from); err != nil {
		return err
	}
	for step := int64(reserveStep); from < to; {
		n := min(step, to-from)
		if err := memory.take(n); err != nil { // others take memory, too
			return err
		}
		switch err := unlinked.Reserve(fd, from, n); {
		case err == nil:
			from += n
		case errors.Is(err, unix.EINTR):
			step = max(step/2, int64(pageSize))
		default:
			return err
		}
	}
	return nil
}
