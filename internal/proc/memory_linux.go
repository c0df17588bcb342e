//go:build !asyncgo_portable

package proc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

var sysMemory memory = memfds{}

// memfds are blocks without a name that no process can shrink.
type memfds struct{}

func (memfds) create() ([]byte, *os.File, error) {
	fd, err := unix.MemfdCreate("asyncgo", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
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
	fd := int(inherited)
	unix.CloseOnExec(fd) // the processes that a task starts must not keep it
	seals, err := unix.FcntlInt(inherited, unix.F_GET_SEALS, 0)
	if err != nil || seals&unix.F_SEAL_SHRINK == 0 {
		return nil, fmt.Errorf("descriptor %d is not the memory of the channel", fd)
	}
	return adoptMemory(fd)
}

func (memfds) release(block []byte) { _ = unix.Munmap(block) }
