package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"

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

// The exit codes of a process that was to be a worker.
const (
	exitOrphan    = 0
	exitNoChannel = 96
)

// inherit looks whether this process was started as a worker. A worker never gets
// beyond it without a channel: it would run the program's main once more.
func inherit() *Inherited {
	value, ok := os.LookupEnv(Variable)
	if !ok {
		return nil
	}
	// Gone before anybody starts a process of his own, which is no worker.
	_ = os.Unsetenv(Variable)
	nonce, parent, _ := strings.Cut(value, ":")
	if parent != strconv.Itoa(os.Getppid()) {
		if orphaned() {
			os.Exit(exitOrphan)
		}
		// The variable came from somewhere else, such as a worker that
		// started this process before it got here itself.
		return nil
	}
	in, err := setUp(nonce)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "executor: a worker process cannot set up the channel to its parent:", err)
		os.Exit(exitNoChannel)
	}
	return in
}

// orphaned reports whether there is a channel whose other end is closed.
func orphaned() bool {
	if kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_SEQPACKET {
		return false
	}
	fds := []unix.PollFd{{Fd: controlFD}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
}

func setUp(nonce string) (*Inherited, error) {
	kind, err := unix.GetsockoptInt(controlFD, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d, the control socket: %w", controlFD, err)
	}
	if kind != unix.SOCK_SEQPACKET {
		return nil, fmt.Errorf("descriptor %d is not the control socket", controlFD)
	}
	// The kernel forgets it in the exec of a program whose user or group is
	// not the real one. This is the main thread, which never ends.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return nil, fmt.Errorf("PR_SET_PDEATHSIG: %w", err)
	}
	// The processes that a task starts must not keep the channel open.
	unix.CloseOnExec(controlFD)
	unix.CloseOnExec(memoryFD)
	seals, err := unix.FcntlInt(memoryFD, unix.F_GET_SEALS, 0)
	if err != nil || seals&unix.F_SEAL_SHRINK == 0 {
		return nil, fmt.Errorf("descriptor %d is not the memory of the channel", memoryFD)
	}
	mem, err := mapMemory(memoryFD)
	if err != nil {
		return nil, err
	}
	_ = unix.Close(memoryFD)
	transport, claims, err := channel(mem, false)
	if err != nil {
		return nil, err
	}
	control, err := newConn(controlFD)
	if err != nil {
		return nil, err
	}
	leaveSignals()
	return &Inherited{Nonce: nonce, Control: control, Transport: transport, Claims: claims}, nil
}
