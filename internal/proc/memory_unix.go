//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// adoptMemory maps the block of an inherited descriptor, which it closes.
func adoptMemory(fd int) ([]byte, error) {
	mem, err := mapMemory(fd)
	if err != nil {
		return nil, err
	}
	_ = unix.Close(fd)
	return mem, nil
}

func mapMemory(fd int) ([]byte, error) {
	mem, err := unix.Mmap(fd, 0, memorySize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("proc: mmap of the channel: %w", err)
	}
	return mem, nil
}
