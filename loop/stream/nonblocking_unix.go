//go:build unix

package stream

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// nonblocking returns a way to write to dst as much as goes without waiting. For most
// writes that is everything, and no other goroutine is needed.
func nonblocking(dst io.Writer) tryWrite {
	switch dst.(type) {
	case *net.TCPConn, *net.UnixConn, *os.File:
	default:
		return nil // it may do more with what is written than to pass it on
	}
	raw, err := dst.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil
	}
	ok := false
	if err := raw.Control(func(fd uintptr) { ok = isNonblocking(int(fd)) }); err != nil || !ok {
		return nil
	}
	t := &trier{raw: raw}
	t.step = t.write
	return t.try
}

func isNonblocking(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_NONBLOCK != 0
}

// A trier is one write after the other; its owner sees to that.
type trier struct {
	raw  syscall.RawConn
	step func(fd uintptr) bool // write, made once
	p    []byte
	n    int
	err  error
}

func (t *trier) try(p []byte) (int, error) {
	t.p, t.n, t.err = p, 0, nil
	err := t.raw.Write(t.step)
	t.p = nil
	if err == nil {
		err = t.err
	}
	return t.n, err
}

// write tries once. It reports true in any case: waiting is what a goroutine does.
func (t *trier) write(fd uintptr) bool {
	for t.n < len(t.p) {
		n, err := syscall.Write(int(fd), t.p[t.n:])
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return true
		case err != nil:
			t.err = os.NewSyscallError("write", err)
			return true
		case n == 0:
			return true
		default:
			t.n += n
		}
	}
	return true
}
