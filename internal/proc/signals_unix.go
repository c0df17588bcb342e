//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// What the terminal, timeout(1) or a supervisor sends to a whole process group, or
// to all processes of a service, reaches the workers as well. They leave it to the
// parent, which may be finishing what it has accepted: a worker catches these
// signals and drops them. It does not ignore them, because a process that ignores a
// signal hands that down to those that it starts.
//
// What was ignored when the program started, as SIGHUP is under nohup, stays so.
// Code of the program that asks for one of the signals by package signal gets it.
//
// The parent has its own way to say SIGTERM: see Terminate.

var (
	dropped     = make(chan os.Signal, 1) // nothing receives
	droppedTerm = make(chan os.Signal, 1)
)

func leaveSignals() {
	for sig, to := range map[os.Signal]chan os.Signal{unix.SIGINT: dropped, unix.SIGHUP: dropped, unix.SIGTERM: droppedTerm} {
		if !signal.Ignored(sig) {
			signal.Notify(to, sig)
		}
	}
}

// Terminate is SIGTERM from the parent: it ends this process unless the program
// handles the signal or ignores it.
func (*Inherited) Terminate() {
	signal.Stop(droppedTerm)
	raise(unix.SIGTERM)
}
