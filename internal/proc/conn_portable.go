//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

var sysConns conns = streams{}

// streams are sockets that do not keep messages apart, which not all systems have. A
// frame is the length of a message, with withFD set if a descriptor comes with it, and
// the message.
type streams struct{}

const (
	frameHead = 4
	withFD    = 1 << 31
)

func (streams) pair() (*Conn, *os.File, error) {
	ours, theirs, err := socketpair("asyncgo-control")
	if err != nil {
		return nil, nil, err
	}
	conn, err := newConn(ours)
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

func (streams) open(inherited uintptr) (*Conn, error) {
	fd, err := checkSocket(inherited, "control socket")
	if err != nil {
		return nil, err
	}
	return newConn(fd)
}

func (streams) orphaned(inherited uintptr) bool {
	fd := int(inherited)
	if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
		return false
	}
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}

// A Conn is one end of a control socket. Any number of goroutines may send, one
// may receive. Waiting is done in the runtime's poller and holds no thread.
type Conn struct {
	file *os.File
	raw  syscall.RawConn

	// Of the receiver:
	buf   []byte // what came and was not taken yet
	out   []byte // the message that was taken last
	oob   []byte
	files []*os.File // that wait for their message; nil for one that got lost

	sendMu sync.Mutex // keeps the frames whole
}

func (c *Conn) send(m wire.Message, fd int, wait bool) (sent bool, err error) {
	b := m.Append(make([]byte, frameHead, 128))
	head := uint32(len(b) - frameHead)
	var rights []byte
	if fd >= 0 {
		rights = unix.UnixRights(fd)
		head |= withFD
	}
	binary.LittleEndian.PutUint32(b, head)
	begun := false
	polled := c.raw.Write(func(s uintptr) bool {
		for len(b) > 0 {
			var n int
			n, err = unix.SendmsgN(int(s), b, rights, nil, sendFlags)
			switch {
			case errors.Is(err, unix.EINTR):
			case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ENOBUFS):
				err = nil
				return !wait && !begun
			case err != nil:
				return true
			default:
				// The descriptor went with the first byte.
				begun, rights, b = true, nil, b[n:]
			}
		}
		sent = true
		return true
	})
	if polled != nil {
		return false, polled
	}
	return sent, err
}

// Recv waits for the next message, which is valid until the next call. If it
// came with a descriptor, the caller owns the file; if there was no room for that in
// the table of this process, the message comes without. When the other side is gone
// it returns io.EOF.
func (c *Conn) Recv() (wire.Message, *os.File, error) {
	for {
		m, file, ok, err := c.take()
		if err == nil && !ok {
			err = c.fill()
		}
		if err != nil {
			for _, f := range c.files {
				_ = f.Close() // also of nil
			}
			c.files = nil
			return wire.Message{}, nil, err
		}
		if ok {
			return m, file, nil
		}
	}
}

// take takes the first message out of what came, if it is there as a whole.
func (c *Conn) take() (m wire.Message, file *os.File, ok bool, err error) {
	if len(c.buf) < frameHead {
		return m, nil, false, nil
	}
	head := binary.LittleEndian.Uint32(c.buf)
	n := int(head &^ withFD)
	if n > wire.MaxControl {
		return m, nil, false, fmt.Errorf("%w: a control message of %d bytes", wire.ErrGarbage, n)
	}
	if len(c.buf) < frameHead+n {
		return m, nil, false, nil
	}
	c.out = append(c.out[:0], c.buf[frameHead:frameHead+n]...)
	c.buf = append(c.buf[:0], c.buf[frameHead+n:]...)
	if head&withFD != 0 {
		if len(c.files) == 0 {
			return m, nil, false, fmt.Errorf("%w: a descriptor is missing", wire.ErrGarbage)
		}
		file, c.files = c.files[0], c.files[1:]
	}
	if m, err = wire.ParseMessage(c.out); err != nil {
		_ = file.Close()
		return m, nil, false, err
	}
	return m, file, true, nil
}

const (
	chunk    = 8 << 10
	maxFiles = 16 // that wait for their messages: more than a chunk of these has
)

// fill waits for more.
func (c *Conn) fill() error {
	if c.oob == nil {
		c.oob = make([]byte, unix.CmsgSpace(4*4))
	}
	at := len(c.buf)
	if cap(c.buf)-at < chunk {
		c.buf = append(make([]byte, 0, 2*cap(c.buf)+chunk), c.buf...)
	}
	var n, oobn, flags int
	var err error
	polled := c.raw.Read(func(s uintptr) bool {
		// Not all systems have MSG_CMSG_CLOEXEC; the lock keeps forks out until
		// the descriptors are marked.
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		for {
			n, oobn, flags, _, err = unix.Recvmsg(int(s), c.buf[at:at+chunk], c.oob, unix.MSG_DONTWAIT)
			if !errors.Is(err, unix.EINTR) {
				break
			}
		}
		if err == nil {
			c.receive(c.oob[:oobn], flags)
		}
		return !errors.Is(err, unix.EAGAIN)
	})
	switch {
	case polled != nil:
		return polled
	case errors.Is(err, unix.EMSGSIZE): // what a BSD says if it cannot give this process one more descriptor
		c.files = append(c.files, nil)
		return c.tooMany()
	case errors.Is(err, unix.ECONNRESET), err == nil && n == 0:
		return io.EOF // the other side is gone, maybe with messages unread
	case err != nil:
		return err
	}
	c.buf = c.buf[:at+n]
	return c.tooMany()
}

func (c *Conn) tooMany() error {
	if len(c.files) > maxFiles {
		return fmt.Errorf("%w: descriptors without messages", wire.ErrGarbage)
	}
	return nil
}

// receive takes the descriptors that came.
func (c *Conn) receive(oob []byte, flags int) {
	took := 0
	if msgs, err := unix.ParseSocketControlMessage(oob); err == nil {
		for i := range msgs {
			fds, err := unix.ParseUnixRights(&msgs[i])
			if err != nil {
				continue
			}
			for _, fd := range fds {
				unix.CloseOnExec(fd)
				c.files = append(c.files, os.NewFile(uintptr(fd), "asyncgo-handle"))
				took++
			}
		}
	}
	if took == 0 && flags&unix.MSG_CTRUNC != 0 {
		// There was one, and no room for it in the table of this process.
		c.files = append(c.files, nil)
	}
}
