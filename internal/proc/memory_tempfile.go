//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

// tempFiles are unlinked temporary files, whose room is taken at once.
type tempFiles struct{}

func (tempFiles) supported() error {
	if _, err := unlinked.Place(); err != nil && !isShortage(err) {
		return fmt.Errorf("worker processes share memory with their parent: %w", err)
	}
	return nil
}

// isShortage reports whether an error passes when something is given back.
func isShortage(err error) bool {
	for _, errno := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSPC, unix.EINTR} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

func (tempFiles) create() ([]byte, *os.File, error) {
	f, err := unlinked.File(memorySize, memorySize)
	if err != nil {
		return nil, nil, fmt.Errorf("proc: memory of the channel: %w", err)
	}
	mem, err := mapMemory(int(f.Fd()))
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return mem, f, nil
}

func (tempFiles) open(inherited uintptr) ([]byte, error) {
	fd := int(inherited)
	unix.CloseOnExec(fd) // the processes that a task starts must not keep it
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size != memorySize {
		return nil, fmt.Errorf("descriptor %d is not the memory of the channel", fd)
	}
	return adoptMemory(fd)
}

func (tempFiles) release(block []byte) { _ = unix.Munmap(block) }
