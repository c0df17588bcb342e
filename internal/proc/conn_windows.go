package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

var sysConns conns = pipes{}

// pipes are pipes with a reader and a writer at either end. A frame is the length of a
// message, with withHandle set if a handle comes with it, the number of that, and the
// message.
type pipes struct{}

const (
	frameHead  = 4
	handleSize = 8
	withHandle = 1 << 31
)

func (pipes) pair() (*Conn, handle, error) {
	server, client, err := pipe(windows.PIPE_ACCESS_DUPLEX, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.FILE_FLAG_OVERLAPPED)
	if err != nil {
		return nil, 0, fmt.Errorf("proc: control pipe: %w", err)
	}
	return &Conn{file: os.NewFile(uintptr(server), "asyncgo-control")}, handle(client), nil
}

func (pipes) open(inherited uintptr) (*Conn, error) {
	h, err := take(inherited)
	if err != nil {
		return nil, fmt.Errorf("handle %d, the control pipe: %w", inherited, err)
	}
	if kind, err := windows.GetFileType(h); err != nil || kind != windows.FILE_TYPE_PIPE {
		return nil, fmt.Errorf("handle %d is not the control pipe", inherited)
	}
	return &Conn{file: os.NewFile(uintptr(h), "asyncgo-control")}, nil
}

func (pipes) orphaned(inherited uintptr) bool { return abandoned(windows.Handle(inherited)) }

// A Conn is one end of a control pipe. Any number of goroutines may send, one may
// receive. Waiting is done in the runtime's poller and holds no thread.
type Conn struct {
	file *os.File

	// The parent moves handles from and to the worker, which needs no rights in the
	// parent for that.
	peerMu sync.Mutex
	peer   windows.Handle // the worker, 0 if this process is the worker; guarded by peerMu

	buf []byte // of the receiver

	sendMu sync.Mutex // keeps the frames whole
}

// setPeer takes over a handle of the worker.
func (c *Conn) setPeer(process windows.Handle) {
	c.peerMu.Lock()
	defer c.peerMu.Unlock()
	c.peer = process
}

// Close closes this end; the other side then reads the end of the file. Sends
// and receives in progress return an error.
func (c *Conn) Close() error {
	err := c.file.Close()
	c.peerMu.Lock()
	defer c.peerMu.Unlock()
	if c.peer != 0 {
		_ = windows.CloseHandle(c.peer)
		c.peer = windows.InvalidHandle
	}
	return err
}

// Send sends m, with a duplicate of the handle h if it is not negative. It blocks while
// the pipe is full.
func (c *Conn) Send(m wire.Message, h int) error {
	b, err := c.frame(m, h)
	if err != nil {
		return err
	}
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	_, err = c.file.Write(b)
	return err
}

// TrySend is Send that returns false if it would have to wait for another one. It does
// not block: the message is on its way when it returns.
func (c *Conn) TrySend(m wire.Message) (bool, error) {
	if !c.sendMu.TryLock() {
		return false, nil
	}
	b, err := c.frame(m, -1)
	if err != nil {
		c.sendMu.Unlock()
		return false, err
	}
	// Whether there is room, the system does not tell. The goroutine ends with the
	// connection.
	go func() {
		defer c.sendMu.Unlock()
		_, _ = c.file.Write(b)
	}()
	return true, nil
}

func (c *Conn) frame(m wire.Message, h int) ([]byte, error) {
	b := make([]byte, frameHead, 128)
	flag := uint32(0)
	if h >= 0 {
		there, err := c.give(windows.Handle(h))
		if err != nil {
			return nil, err
		}
		flag = withHandle
		b = binary.LittleEndian.AppendUint64(b, uint64(there))
	}
	head := len(b)
	b = m.Append(b)
	binary.LittleEndian.PutUint32(b, uint32(len(b)-head)|flag)
	return b, nil
}

// give duplicates h for the other side. In a worker that is a second handle here, of
// which the parent makes its own.
func (c *Conn) give(h windows.Handle) (there windows.Handle, err error) {
	c.peerMu.Lock()
	defer c.peerMu.Unlock()
	if c.peer == 0 {
		return copyOf(h, false)
	}
	err = windows.DuplicateHandle(windows.CurrentProcess(), h, c.peer, &there, 0, false, windows.DUPLICATE_SAME_ACCESS)
	return there, os.NewSyscallError("DuplicateHandle", err)
}

// fetch returns the handle of this process for the number that came.
func (c *Conn) fetch(number uint64) (*os.File, error) {
	// Others have a meaning of their own, or would be read as another number.
	if number == 0 || number >= 1<<31 || number%4 != 0 {
		return nil, fmt.Errorf("%w: a handle %#x", wire.ErrGarbage, number)
	}
	h := windows.Handle(number)
	c.peerMu.Lock()
	if c.peer != 0 {
		err := windows.DuplicateHandle(c.peer, windows.Handle(number), windows.CurrentProcess(), &h, 0, false, windows.DUPLICATE_SAME_ACCESS|windows.DUPLICATE_CLOSE_SOURCE)
		if err != nil {
			c.peerMu.Unlock()
			return nil, fmt.Errorf("%w: a handle %#x: %w", wire.ErrGarbage, number, os.NewSyscallError("DuplicateHandle", err))
		}
	}
	c.peerMu.Unlock()
	if _, err := section.Size(h); err != nil {
		_ = windows.CloseHandle(h)
		return nil, fmt.Errorf("%w: a handle: %w", wire.ErrGarbage, err)
	}
	return os.NewFile(uintptr(h), "asyncgo-handle"), nil
}

// Recv waits for the next message, which is valid until the next call. If it
// came with a handle, the caller owns the file. When the other side is gone it returns
// io.EOF.
func (c *Conn) Recv() (m wire.Message, file *os.File, err error) {
	var head [frameHead + handleSize]byte
	if err := c.read(head[:frameHead]); err != nil {
		return m, nil, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	handed := n&withHandle != 0
	if n &^= withHandle; n > wire.MaxControl {
		return m, nil, fmt.Errorf("%w: a control message of %d bytes", wire.ErrGarbage, n)
	}
	if handed {
		if err := c.read(head[frameHead:]); err != nil {
			return m, nil, err
		}
	}
	if cap(c.buf) < int(n) {
		c.buf = make([]byte, max(n, 256))
	}
	c.buf = c.buf[:n]
	if err := c.read(c.buf); err != nil {
		return m, nil, err
	}
	if m, err = wire.ParseMessage(c.buf); err != nil {
		return m, nil, err
	}
	if handed {
		file, err = c.fetch(binary.LittleEndian.Uint64(head[frameHead:]))
	}
	return m, file, err
}

func (c *Conn) read(b []byte) error {
	_, err := io.ReadFull(c.file, b)
	for _, gone := range []error{windows.ERROR_BROKEN_PIPE, windows.ERROR_PIPE_NOT_CONNECTED, windows.ERROR_NO_DATA, io.ErrUnexpectedEOF} {
		if errors.Is(err, gone) {
			return io.EOF
		}
	}
	return err
}
