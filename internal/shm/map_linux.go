package shm

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

var pageSize = os.Getpagesize()

// wantSeals are the seals of every segment. Without them a process could shrink
// the file under the others, and their next access would be a bus error.
const wantSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// fileSize is the size of the file for size bytes of data.
func fileSize(size int) int64 { return int64(pageSize) + int64(roundUp(size)) }

func roundUp(n int) int { return (n + pageSize - 1) &^ (pageSize - 1) }

// maxSize leaves room for rounding and keeps sums far from overflow.
const maxSize = int(^uint(0)>>1) >> 2

func newFile(size int) (int, error) {
	if size > maxSize {
		return -1, fmt.Errorf("%d bytes are more than a process can map", size)
	}
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("asyncgo", flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3; later ones may insist on the flag
		fd, err = unix.MemfdCreate("asyncgo", flags)
	}
	if err != nil {
		return -1, fmt.Errorf("shared memory: %w", os.NewSyscallError("memfd_create", err))
	}
	if err := unix.Ftruncate(fd, fileSize(size)); err != nil {
		closeFile(fd)
		return -1, fmt.Errorf("shared memory of %d bytes: %w", size, os.NewSyscallError("ftruncate", err))
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, wantSeals); err != nil {
		closeFile(fd)
		return -1, fmt.Errorf("shared memory: %w", os.NewSyscallError("fcntl(F_ADD_SEALS)", err))
	}
	return fd, nil
}

// checkFile asks the kernel, not the sender, whether fd is a segment with size
// bytes of data that nobody can shrink.
func checkFile(fd, size int) error {
	if size < 0 || size > maxSize {
		return fmt.Errorf("%w: a size of %d bytes", ErrMismatch, size)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || st.Size != fileSize(size) {
		return fmt.Errorf("%w: the file has %d bytes, not %d", ErrMismatch, st.Size, fileSize(size))
	}
	seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil || seals&wantSeals != wantSeals {
		return fmt.Errorf("%w: the file is not sealed against shrinking", ErrMismatch)
	}
	return nil
}

// takeFile takes the descriptor over from f.
func takeFile(f *os.File) (int, error) {
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	var dupErr error
	if err := conn.Control(func(raw uintptr) { fd, dupErr = dupFile(int(raw)) }); err != nil {
		return -1, err
	}
	return fd, os.NewSyscallError("dup", dupErr)
}

func dupFile(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

func closeFile(fd int) { _ = unix.Close(fd) }

// leftover is what a dead segment leaves behind for its cleanup.
type leftover struct {
	id   handoff.ID
	slot int
	file *file
	data []byte
}

// mapSegment maps fd. On success the segment owns the descriptor.
func mapSegment(fd int, id handoff.ID, h Header, size int) (*Segment, error) {
	if err := startRobust(); err != nil {
		return nil, err
	}
	slot, page, err := controls.take(fd)
	if err != nil {
		return nil, err
	}
	s := &Segment{id: id, head: h, size: size, control: page, file: &file{fd: fd}}
	switch {
	case size == 0:
	case h.Kind&Sliced != 0:
		s.block, err = newBlock(fd, int64(pageSize), roundUp(size))
	default:
		s.plain, err = unix.Mmap(fd, int64(pageSize), roundUp(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	if err != nil {
		controls.give(slot)
		return nil, fmt.Errorf("shared memory of %d bytes: %w", size, err)
	}
	s.main.init(s, offMain)
	s.aux.init(s, offAux)
	s.aux.internal = true
	runtime.AddCleanup(s, func(l leftover) {
		forgetDead(l.id)
		l.file.close()
		controls.give(l.slot)
		if l.data != nil {
			_ = unix.Munmap(l.data)
		}
	}, leftover{id, slot, s.file, s.plain})
	return s, nil
}
