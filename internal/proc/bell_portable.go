//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var sysBells bells = sockets{}

// sockets are bells: a byte is a sound. Waiting is done in the runtime's poller and
// holds no thread.
type sockets struct{}

func (sockets) create() (ours bellPair, inherited []*os.File, err error) {
	calls, a, err := newBell()
	if err != nil {
		return bellPair{}, nil, err
	}
	results, b, err := newBell()
	if err != nil {
		_, _ = calls.Close(), a.Close()
		return bellPair{}, nil, err
	}
	return bellPair{calls, results}, []*os.File{a, b}, nil
}

func newBell() (*bell, *os.File, error) {
	ours, theirs, err := socketpair("asyncgo-bell")
	if err != nil {
		return nil, nil, err
	}
	b, err := bellOf(ours)
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return b, theirs, nil
}

func (sockets) open(inherited []uintptr) (bellPair, error) {
	var both [2]*bell
	if len(inherited) < len(both) {
		return bellPair{}, errors.New("there are no bells")
	}
	for i := range both {
		fd, err := checkSocket(inherited[i], "bell of a ring")
		if err != nil {
			return bellPair{}, err
		}
		if both[i], err = bellOf(fd); err != nil {
			return bellPair{}, err
		}
	}
	return bellPair{both[0], both[1]}, nil
}

type bell struct {
	file *os.File
	raw  syscall.RawConn
}

// bellOf takes over a descriptor that is not blocking.
func bellOf(fd int) (*bell, error) {
	file := os.NewFile(uintptr(fd), "asyncgo-bell")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("proc: bell: %w", err)
	}
	return &bell{file, raw}, nil
}

var sound = []byte{0}

// Ring is of ring.Bell. If the socket is full there are sounds enough.
func (b *bell) Ring() {
	_ = b.raw.Write(func(fd uintptr) bool {
		for {
			_, err := unix.SendmsgN(int(fd), sound, nil, nil, sendFlags)
			if !errors.Is(err, unix.EINTR) {
				return true
			}
		}
	})
}

// deafFor is how long a wait takes whose bell has no other end any more.
const deafFor = time.Millisecond

// Wait is of ring.Bell.
func (b *bell) Wait(timeout time.Duration) {
	var until time.Time
	if timeout > 0 {
		until = time.Now().Add(timeout)
	}
	_ = b.file.SetReadDeadline(until)
	var sounds [64]byte
	if _, err := b.file.Read(sounds[:]); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		sleep(deafFor)
	}
}

// Close ends all waits.
func (b *bell) Close() error { return b.file.Close() }
