//go:build linux || darwin || dragonfly || freebsd || openbsd

package proc

import "golang.org/x/sys/unix"

const clockMonotonic = unix.CLOCK_MONOTONIC
