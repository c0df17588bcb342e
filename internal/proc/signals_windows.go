package proc

import (
	"os"
	"os/signal"
	"syscall"
)

// What is typed at the console, and its end, reaches the workers as well. They leave it
// to the parent, which may be finishing what it has accepted: a worker catches both and
// drops them. Code of the program that asks for one of the signals by package signal
// gets it.
var dropped = make(chan os.Signal, 1) // nothing receives

func leaveSignals() {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(sig) {
			signal.Notify(dropped, sig)
		}
	}
}

// Terminate ends this process, as SIGTERM from the parent does elsewhere. There is no way
// to have package signal deliver one, so a program cannot handle it.
func (*Inherited) Terminate() { os.Exit(int(codeTerminated)) }
