//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package proc

import (
	"errors"
	"fmt"
	"os"

	"github.com/seed-1b9fde7b/asyncgo/internal/worker"
)

// An Inherited is the worker's side of its channel.
type Inherited struct {
	Nonce     string
	Control   *Conn
	Transport Transport
	Claims    Claims
}

// inherited is set before any package that imports this one is initialized.
var inherited = inherit()

// Parent returns the channel to the parent if this process is a worker, nil
// otherwise.
func Parent() *Inherited { return inherited }

// The exit codes of a process that was to be a worker.
const (
	exitOrphan    = 0
	exitNoChannel = 96
)

// inherit looks whether this process was started as a worker. A worker never gets
// beyond it without a channel: it would run the program's main once more.
func inherit() *Inherited {
	if !worker.Started.Asked {
		return nil
	}
	handed := sysSpawning.inherited()
	if !worker.Started.Mine {
		if len(handed) > 0 && sysConns.orphaned(handed[0]) {
			os.Exit(exitOrphan)
		}
		// The variable came from somewhere else, such as a worker that
		// started this process before it got here itself.
		return nil
	}
	in, err := setUp(worker.Started.Nonce, handed)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "executor: a worker process cannot set up the channel to its parent:", err)
		os.Exit(exitNoChannel)
	}
	return in
}

func setUp(nonce string, handed []uintptr) (*Inherited, error) {
	if len(handed) < 2 {
		return nil, errors.New("it was not handed down")
	}
	control, err := sysConns.open(handed[0])
	if err != nil {
		return nil, err
	}
	if err := sysSpawning.bind(); err != nil {
		return nil, err
	}
	mem, err := sysMemory.open(handed[1])
	if err != nil {
		return nil, err
	}
	bell, err := sysBells.open(handed[2:])
	if err != nil {
		return nil, err
	}
	transport, claims, err := channel(mem, false, bell)
	if err != nil {
		return nil, err
	}
	leaveSignals()
	return &Inherited{Nonce: nonce, Control: control, Transport: transport, Claims: claims}, nil
}
