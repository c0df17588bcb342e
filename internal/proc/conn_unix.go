//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// newConn takes over fd.
func newConn(fd int) (*Conn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("proc: control socket: %w", err)
	}
	// os.File rather than net.FileConn: package net would come along into
	// every program, with its initialization into every worker's start.
	file := os.NewFile(uintptr(fd), "asyncgo-control")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("proc: control socket: %w", err)
	}
	return &Conn{file: file, raw: raw}, nil
}

// Close closes this end; the other side then reads the end of the file. Sends
// and receives in progress return an error.
func (c *Conn) Close() error { return c.file.Close() }

// Send sends m, with the descriptor fd if it is not negative. It blocks while
// the socket is full.
func (c *Conn) Send(m wire.Message, fd int) error {
	c.sendMu.Lock()
	defer c.sendMu.Unlock()
	_, err := c.send(m, fd, true)
	return err
}

// TrySend is Send that returns false if it would have to wait. A message that was
// begun is finished, for which it may wait.
func (c *Conn) TrySend(m wire.Message) (bool, error) {
	if !c.sendMu.TryLock() {
		return false, nil
	}
	defer c.sendMu.Unlock()
	return c.send(m, -1, false)
}
