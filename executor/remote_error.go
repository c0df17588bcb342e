package executor

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A RemoteError is an error that came from another process. It has the message
// and the type name of the original and wraps what the original wrapped.
//
// errors.Is finds the sentinels in it that both processes registered with
// [RegisterError], and those of the standard library and of this module. A sentinel
// that was not registered is another value in each process, and errors.Is does not
// find it. errors.As finds values of the types registered with [RegisterErrorType].
//
// Printed with %+v it says more than its message: the function, the process, the
// type, and the stack if there is one.
type RemoteError struct {
	Type     string // of the original, as in "*fs.PathError"
	Message  string // what its Error method returned
	Function string // name of the call that failed with it; empty for an error inside another
	Stack    string // of the goroutine there, if the error carried one
	PID      int    // of the process that sent it; 0 for an error inside another

	chain []error
}

// Error returns the message of the original.
func (e *RemoteError) Error() string { return e.Message }

// Unwrap returns what the original stood for and what it wrapped.
func (e *RemoteError) Unwrap() []error { return e.chain }

// Format implements [fmt.Formatter]: %+v says all that is known.
func (e *RemoteError) Format(f fmt.State, verb rune) {
	switch {
	case e == nil:
		_, _ = io.WriteString(f, "<nil>")
		return
	case verb != 'v' || !f.Flag('+') && !f.Flag('#'):
		_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), e.Message)
		return
	case f.Flag('#'):
		type plain RemoteError // without this method
		_, _ = fmt.Fprintf(f, "%#v", (*plain)(e))
		return
	}
	if e.Function != "" {
		_, _ = fmt.Fprintf(f, "%s: ", e.Function)
	}
	_, _ = fmt.Fprintf(f, "%s (%s", e.Message, e.Type)
	if e.PID != 0 {
		_, _ = fmt.Fprintf(f, " of process %d", e.PID)
	}
	_, _ = io.WriteString(f, ")")
	if e.Stack != "" {
		_, _ = fmt.Fprintf(f, "\n\n%s", e.Stack)
	}
}

// DecodeRemoteError is the inverse of [EncodeRemoteError]. It returns a
// [*RemoteError], or a [*future.PanicError] if the work panicked. It never returns
// nil: bytes that mean nothing give an error that says so.
func DecodeRemoteError(b []byte) error {
	var nodes []wireError
	if err := codec.Unmarshal(b, &nodes); err != nil {
		return fmt.Errorf("executor: an error came from another process but cannot be decoded: %w", err)
	}
	if len(nodes) == 0 {
		return errors.New("executor: an error came from another process but it is empty")
	}
	nodes = nodes[:min(len(nodes), maxErrorNodes)]
	// Inner errors come after those that wrap them.
	wrapped := make([][]error, len(nodes))
	for i := len(nodes) - 1; i > 0; i-- {
		n := &nodes[i]
		if n.Parent < 0 || n.Parent >= i {
			continue // no encoder writes that
		}
		slices.Reverse(wrapped[i])
		wrapped[n.Parent] = append(wrapped[n.Parent], n.decode(wrapped[i]))
		if parent := &nodes[n.Parent]; n.Stack != "" && parent.Panic == 0 {
			// The outermost error shows where it all began.
			parent.Stack = n.Stack
		}
	}
	slices.Reverse(wrapped[0])
	return nodes[0].decode(wrapped[0])
}

// decode makes an error that wraps others.
func (w *wireError) decode(wrapped []error) error {
	var chain []error
	for _, name := range w.Sentinels {
		if s, ok := sentinels.get(name); ok {
			chain = append(chain, s)
		}
	}
	if known, ok := errorTypes.get(w.Known); ok && w.Known != "" {
		if err := known.decode(w.Data); err != nil {
			chain = append(chain, err)
		}
	}
	remote := &RemoteError{Type: w.Type, Message: w.Message, Function: w.Function, Stack: w.Stack, PID: w.PID, chain: append(chain, wrapped...)}
	if w.Panic == 0 {
		return remote
	}
	// The value of the panic stays behind; what it said is the value here.
	p := &future.PanicError{Value: remote, Goexit: w.Panic == 2, Function: w.Function, Stack: []byte(w.Stack)}
	if w.PID != 0 {
		p.Worker = fmt.Sprintf("worker process %d", w.PID)
	}
	return p
}
