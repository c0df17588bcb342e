package executor

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoMain is returned by [NewProcessPool] when [Main] was not called.
var ErrNoMain = errors.New("executor: executor.Main was not called: make executor.Main() the first statement of main, and of TestMain in tests")

// A StartError says that a worker process could not be brought up. When that has
// happened some times in a row the pool is broken.
type StartError struct {
	Worker string // the worker's name
	PID    int    // of the process; 0 if there was none
	Exit   string // how it ended, such as "exit code 2"; empty if there was none
	Stderr string // last lines that it wrote there
	Err    error  // what went wrong
}

// Error returns one line, with the last line that the process wrote.
func (e *StartError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "executor: worker process %s did not start: %v", e.Worker, e.Err)
	if e.PID != 0 {
		fmt.Fprintf(&b, " (pid %d, %s)", e.PID, e.Exit)
	}
	if line := lastWords(e.Stderr, dumped(e.Exit)); line != "" {
		fmt.Fprintf(&b, ": %s", line)
	}
	return b.String()
}

// Unwrap returns what went wrong.
func (e *StartError) Unwrap() error { return e.Err }

// A PoisonError is the outcome of a call that killed its worker each time that it
// was tried; see ProcessConfig.Retry.
type PoisonError struct {
	Function string // name of the call
	Attempts int    // how often it was tried
	Err      error  // the last worker's [*CrashError]
}

// Error returns one line.
func (e *PoisonError) Error() string {
	return fmt.Sprintf("executor: %q killed its worker %d times: %v", e.Function, e.Attempts, e.Err)
}

// Unwrap returns the last crash.
func (e *PoisonError) Unwrap() error { return e.Err }
