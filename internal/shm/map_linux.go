package shm

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

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

// sizeError refuses a size that cannot be.
func sizeError(size int) error {
	if size < 0 {
		return fmt.Errorf("a size of %d bytes is negative: %w", size, fs.ErrInvalid)
	}
	return fmt.Errorf("%d bytes are more than a process can map: %w", size, unix.ENOMEM)
}

// newFile makes a file for size bytes of data and takes the memory for the first.
func newFile(size, first int) (int, error) {
	fail := func(what string, err error) error {
		return fmt.Errorf("shared memory of %d bytes: %w", size, os.NewSyscallError(what, err))
	}
	// What will be reserved later must be possible, too.
	if err := memory.check(fileSize(size)); err != nil {
		return -1, fail("memfd_create", err)
	}
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("asyncgo", flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3; later ones may insist on the flag
		fd, err = unix.MemfdCreate("asyncgo", flags)
	}
	if err != nil {
		return -1, fail("memfd_create", err)
	}
	if err := unix.Ftruncate(fd, fileSize(size)); err != nil {
		closeFile(fd)
		return -1, fail("ftruncate", err)
	}
	if err := reserveFile(fd, 0, fileSize(first)); err != nil {
		closeFile(fd)
		return -1, fail("fallocate", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, wantSeals); err != nil {
		closeFile(fd)
		return -1, fail("fcntl(F_ADD_SEALS)", err)
	}
	return fd, nil
}

// checkFile asks the kernel, not the sender, whether fd is a segment with size
// bytes of data that no process can shrink.
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

// mapSegment maps fd, of which it takes care in any case. The segment has one
// handle, but is not listed.
func mapSegment(fd int, id handoff.ID, h Header, size int) (*Segment, error) {
	if err := startRobust(); err != nil {
		closeFile(fd)
		return nil, err
	}
	if err := mappings.take(); err != nil {
		closeFile(fd)
		return nil, err
	}
	slot, page, err := controls.take(fd)
	if err != nil {
		closeFile(fd)
		return nil, err
	}
	p := &parts{fd: fd, slot: slot}
	if size > 0 {
		p.data, err = rooms.take(fd, int64(pageSize), roundUp(size))
	}
	if err != nil {
		p.free()
		return nil, fmt.Errorf("shared memory of %d bytes: %w", size, err)
	}
	s := &Segment{id: id, head: h, size: size, control: page, data: p.data.bytes(size), parts: p, handles: 1}
	s.main.init(s, offMain)
	s.aux.init(s, offAux)
	s.aux.internal = true
	own(s, p)
	return s, nil
}
