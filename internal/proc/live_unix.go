//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/live"
)

// withLive puts the file that shows which processes live in its place among what a worker
// inherits.
func withLive(inherited []*os.File) ([]*os.File, error) {
	alive, err := live.File()
	if err != nil {
		return nil, fmt.Errorf("proc: %w", err)
	}
	return slices.Insert(inherited, min(live.Handed-firstHanded, len(inherited)), alive), nil
}

// firstHanded is the first descriptor of a process that it has not as its standard ones.
const firstHanded = 3

// liveHanded reports whether this process, a worker, was given the file.
func liveHanded() error {
	var st unix.Stat_t
	if unix.Fstat(live.Handed, &st) != nil {
		return errors.New("the file that shows which processes live was not handed down")
	}
	return nil
}
