//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package proc

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

var errUnsupported = fmt.Errorf("worker processes on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// A Conn is one end of a control socket.
type Conn struct{}

// Close does nothing.
func (*Conn) Close() error { return nil }

// Send is not supported here.
func (*Conn) Send(wire.Message, int) error { return errUnsupported }

// TrySend is not supported here.
func (*Conn) TrySend(wire.Message) (bool, error) { return false, errUnsupported }

// Recv is not supported here.
func (*Conn) Recv() (wire.Message, *os.File, error) { return wire.Message{}, nil, errUnsupported }

// A Child is the parent's side of one worker process.
type Child struct {
	PID       int
	Nonce     string
	Control   *Conn
	Transport Transport
	Claims    Claims
	Stderr    *os.File
}

// KnowsRSS reports false.
func KnowsRSS() bool { return false }

// Supported returns why there are no worker processes here.
func Supported() error { return errUnsupported }

// Spawn is not supported here.
func Spawn(Config) (*Child, error) { return nil, errUnsupported }

// Wait is not supported here.
func (*Child) Wait() Exit { return Exit{Code: -1, Err: errUnsupported} }

// Signal is not supported here.
func (*Child) Signal(syscall.Signal) error { return errUnsupported }

// Terminate does nothing.
func (*Child) Terminate(uint64) {}

// Stopped reports false.
func (*Child) Stopped() bool { return false }

// Exiting reports true.
func (*Child) Exiting() bool { return true }

// Kill does nothing.
func (*Child) Kill() {}

// Release does nothing.
func (*Child) Release() {}

// RSS is unknown here.
func (*Child) RSS() int64 { return 0 }

// An Inherited is the worker's side of its channel.
type Inherited struct {
	Nonce     string
	Control   *Conn
	Transport Transport
	Claims    Claims
}

// Terminate does nothing.
func (*Inherited) Terminate() {}

// Parent returns nil: no process is a worker here.
func Parent() *Inherited { return nil }

// MonotonicOf is not supported here.
func MonotonicOf(time.Time) int64 { return 0 }

// Monotonic is not supported here.
func Monotonic() int64 { return 0 }

// After is not supported here.
func After(int64, time.Duration) int64 { return 0 }

// TimeOf is not supported here.
func TimeOf(int64) time.Time { return time.Time{} }
