//go:build !asyncgo_portable

package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A Conn is one end of a control socket. Any number of goroutines may send, one
// may receive. Waiting is done in the runtime's poller and holds no thread.
type Conn struct {
	file *os.File
	raw  syscall.RawConn
	buf  []byte // of the receiver
	oob  []byte

	sendMu sync.Mutex // keeps the order of messages that waited for room
}

var sysConns conns = packets{}

// packets are sockets that keep messages apart, so a half-written one cannot exist.
type packets struct{}

func (packets) pair() (*Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("proc: socketpair: %w", err)
	}
	child := os.NewFile(uintptr(fds[1]), "asyncgo-control")
	conn, err := newConn(fds[0])
	if err != nil {
		_ = child.Close()
		return nil, nil, err
	}
	return conn, child, nil
}

func (packets) open(inherited uintptr) (*Conn, error) {
	fd := int(inherited)
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d, the control socket: %w", fd, err)
	}
	if kind != unix.SOCK_SEQPACKET {
		return nil, fmt.Errorf("descriptor %d is not the control socket", fd)
	}
	unix.CloseOnExec(fd) // the processes that a task starts must not keep it open
	return newConn(fd)
}

func (packets) orphaned(inherited uintptr) bool {
	fd := int(inherited)
	if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_SEQPACKET {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}

func (c *Conn) send(m wire.Message, fd int, wait bool) (sent bool, err error) {
	b := m.Append(make([]byte, 0, 128))
	var rights []byte
	if fd >= 0 {
		rights = unix.UnixRights(fd)
	}
	polled := c.raw.Write(func(s uintptr) bool {
		for {
			err = unix.Sendmsg(int(s), b, rights, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
			if !errors.Is(err, unix.EINTR) {
				break
			}
		}
		if errors.Is(err, unix.EAGAIN) {
			return !wait
		}
		sent = err == nil
		return true
	})
	if polled != nil {
		return false, polled
	}
	if errors.Is(err, unix.EAGAIN) {
		return false, nil
	}
	return sent, err
}

// Recv waits for the next message, which is valid until the next call. If it
// came with a descriptor, the caller owns the file; if there was no room for that in
// the table of this process, the message comes without. When the other side is gone
// it returns io.EOF.
func (c *Conn) Recv() (wire.Message, *os.File, error) {
	if c.buf == nil {
		c.buf = make([]byte, wire.MaxControl)
		c.oob = make([]byte, unix.CmsgSpace(4))
	}
	var n, oobn, flags int
	var err error
	polled := c.raw.Read(func(s uintptr) bool {
		for {
			n, oobn, flags, _, err = unix.Recvmsg(int(s), c.buf, c.oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
			if !errors.Is(err, unix.EINTR) {
				break
			}
		}
		return !errors.Is(err, unix.EAGAIN)
	})
	if polled != nil {
		return wire.Message{}, nil, polled
	}
	if err != nil {
		if errors.Is(err, unix.ECONNRESET) {
			err = io.EOF // the other side died with messages unread
		}
		return wire.Message{}, nil, err
	}
	file, err := received(c.oob[:oobn])
	if err != nil {
		return wire.Message{}, nil, err
	}
	if n == 0 {
		err = io.EOF
	} else if flags&unix.MSG_TRUNC != 0 || flags&unix.MSG_CTRUNC != 0 && file != nil {
		// MSG_CTRUNC without a file is what the kernel says if it cannot
		// give this process one more descriptor.
		err = fmt.Errorf("%w: a control message that is too long", wire.ErrGarbage)
	}
	var m wire.Message
	if err == nil {
		m, err = wire.ParseMessage(c.buf[:n])
	}
	if err != nil && file != nil {
		_ = file.Close()
		file = nil
	}
	return m, file, err
}

// received takes the descriptor out of a message, if there is one. Any further
// ones are closed, for nothing else would close them.
func received(oob []byte) (*os.File, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", wire.ErrGarbage, err)
	}
	var file *os.File
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			if file != nil {
				_ = unix.Close(fd)
				continue
			}
			file = os.NewFile(uintptr(fd), "asyncgo-handle")
		}
	}
	return file, nil
}
