package proc

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
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

// inherit looks whether this process was started as a worker.
func inherit() *Inherited {
	nonce, ok := os.LookupEnv(Variable)
	if !ok {
		return nil
	}
	// Gone before anybody starts a process of his own, which is no worker.
	_ = os.Unsetenv(Variable)
	kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_SEQPACKET {
		return nil // the variable came from somewhere else
	}
	// The processes that a task starts must not keep the channel open.
	unix.CloseOnExec(controlFD)
	unix.CloseOnExec(memoryFD)
	// Ctrl-C goes to everybody in the terminal; the parent decides.
	signal.Ignore(unix.SIGINT)

	mem, err := mapMemory(memoryFD)
	if err != nil {
		return nil
	}
	_ = unix.Close(memoryFD)
	transport, claims, err := channel(mem, false)
	if err != nil {
		return nil
	}
	control, err := newConn(controlFD)
	if err != nil {
		return nil
	}
	return &Inherited{Nonce: nonce, Control: control, Transport: transport, Claims: claims}
}
