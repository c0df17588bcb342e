//go:build !asyncgo_portable

package proc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/unlinked"
)

var sysMemory memory = memfds{}

// memfds are blocks without a name that no process can shrink. Where the kernel has none,
// or refuses them, they are temporary files.
type memfds struct{}

func (memfds) supported() error {
	if unlinked.HasMemfd() {
		return nil
	}
	return tempFiles{}.supported()
}

func (memfds) create() ([]byte, *os.File, error) {
	if !unlinked.HasMemfd() {
		return tempFiles{}.create()
	}
	fd, err := unlinked.Memfd("asyncgo")
	if err != nil {
		return nil, nil, fmt.Errorf("proc: memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "asyncgo-channel")
	if err := unix.Ftruncate(fd, memorySize); err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("proc: size of the channel: %w", err)
	}
	// Sealed, so that a worker gone wild cannot shrink the block and have
	// the parent die of SIGBUS.
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("proc: seals of the channel: %w", err)
	}
	mem, err := mapMemory(fd)
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return mem, f, nil
}

func (memfds) open(inherited uintptr) ([]byte, error) {
	if !unlinked.HasMemfd() {
		return tempFiles{}.open(inherited)
	}
	fd := int(inherited)
	unix.CloseOnExec(fd) // the processes that a task starts must not keep it
	seals, err := unix.FcntlInt(inherited, unix.F_GET_SEALS, 0)
	if err != nil || seals&unix.F_SEAL_SHRINK == 0 {
		return nil, fmt.Errorf("descriptor %d is not the memory of the channel", fd)
	}
	return adoptMemory(fd)
}

func (memfds) release(block []byte) { _ = unix.Munmap(block) }
