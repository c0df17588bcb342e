// Package proc starts worker processes and connects them to their parent.
//
// A worker is the running program once more, with the parent's arguments. An
// environment variable tells it what it is, and it inherits its private channel: a
// socket for control messages, and a block of memory without a name that holds two
// rings, one in each direction, and the claims of calls. Nothing is shared between two workers, and
// no other process has the parent's ends; so when either side is gone the other
// reads the end of the socket, whatever the first was doing when it went.
//
//	parent                                               worker
//	┌──────────────┐   ring of calls    ─────────►   ┌──────────────┐
//	│ Child        │   claims           ◄───────►    │ Inherited    │
//	│              │   ring of results  ◄─────────   │              │
//	│              │   control socket   ◄───────►    │              │
//	│              │   stderr, stdout   ◄─────────   │              │
//	└──────────────┘                                 └──────────────┘
//
// What differs from system to system is behind the interfaces of system.go.
package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrTooLong is returned for a message that no transport carries.
var ErrTooLong = errors.New("too long to be sent to another process: hand over shared memory instead")

var errGone = errors.New("proc: the other process is gone")

// A Config says how to start a worker.
type Config struct {
	Env    []string // added to this process's environment, "name=value"
	Stdout *os.File // the worker's standard output; nil means this process's
}

// An Exit is how a process ended.
type Exit struct {
	Code   int            // exit code, -1 if a signal ended it
	Signal syscall.Signal // 0 if it exited by itself
	Err    error          // why nothing is known, if so
	RSS    int64          // the greatest resident size, in bytes, 0 if unknown
	CPU    time.Duration  // processor time that it took
}

// String returns "exit code 3" or "signal: killed".
func (e Exit) String() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Signal != 0:
		return "signal: " + e.Signal.String()
	default:
		return fmt.Sprintf("exit code %d", e.Code)
	}
}
