//go:build linux || darwin || dragonfly || netbsd || openbsd

package shm

import "golang.org/x/sys/unix"

const mapNoReserve = unix.MAP_NORESERVE
