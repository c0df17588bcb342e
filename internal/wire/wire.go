// Package wire is the form of what a pool and its worker processes say to each
// other: calls and results, which travel through a ring of shared memory, and
// control messages, which travel through a socket.
//
// Every parser takes bytes that another process wrote. It returns [ErrGarbage]
// for what it does not understand, never panics, and allocates nothing that the
// length of its input does not bound. Parsed values alias the input.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrGarbage is returned for bytes that are no message of this package.
var ErrGarbage = errors.New("wire: garbage")

// Version is exchanged in the handshake. The two sides are the same program, so
// a difference means that something else answered.
const Version = 3

// MaxMessage is the greatest length of a call or a result: 2 GiB, and 1 GiB where an int
// has 32 bits. It keeps a garbage length from being taken for a promise.
const MaxMessage = min(1<<31, math.MaxInt/2+1)

var order = binary.LittleEndian

// The kinds of calls.
const (
	CallTask byte = iota // a task
	CallInit             // the initializer: it runs before every task
	callKinds
)

// A Call is one function to run.
type Call struct {
	ID       uint64 // of this call on this worker: 1, 2, 3 …
	Kind     byte
	Attempt  uint8  // 0 at first, counts the repetitions
	Deadline int64  // on the system's monotonic clock, in nanoseconds, 0 for none
	Function string // registered name
	Arg      []byte // encoded argument
}

const callHead = 8 + 8 + 1 + 1 + 2

// MaxName is the greatest length of a function's name.
const MaxName = math.MaxUint16

// AppendHead appends everything of c but Arg, which follows on the wire. The
// name must not be longer than [MaxName].
func (c *Call) AppendHead(b []byte) []byte {
	b = order.AppendUint64(b, c.ID)
	b = order.AppendUint64(b, uint64(c.Deadline))
	b = append(b, c.Kind, c.Attempt)
	b = order.AppendUint16(b, uint16(len(c.Function)))
	return append(b, c.Function...)
}

// ParseCall reads a call. last is the name of the call before, which mostly is
// that of this one and then need not be copied.
func ParseCall(b []byte, last string) (Call, error) {
	if len(b) < callHead {
		return Call{}, fmt.Errorf("%w: a call of %d bytes", ErrGarbage, len(b))
	}
	c := Call{ID: order.Uint64(b), Deadline: int64(order.Uint64(b[8:])), Kind: b[16], Attempt: b[17]}
	n := callHead + int(order.Uint16(b[18:]))
	if n > len(b) || c.Kind >= callKinds {
		return Call{}, fmt.Errorf("%w: a call of kind %d with a name of %d bytes in %d", ErrGarbage, c.Kind, n-callHead, len(b))
	}
	c.Function = last
	if name := b[callHead:n]; string(name) != last {
		c.Function = string(name)
	}
	c.Arg = b[n:]
	return c, nil
}

// What a result is.
const (
	ResultOK       byte = iota // Body is the encoded result
	ResultError                // Body is an encoded error
	ResultHandles              // as ResultOK, with handles in it or in a report: the parent sends Release when it has decoded them
	ErrorHandles               // as ResultError, after a report with handles: the same
	ReportProgress             // no result: Body is what the call says about its progress
	ReportLog                  // no result: Body is a log record
	resultStatuses
)

// A Result is the outcome of one call, or something that it reports before. The
// order in which the two are sent is kept.
type Result struct {
	ID     uint64
	Status byte
	Run    int64 // how long the function ran, in nanoseconds
	Body   []byte
}

// ResultHead is the length of a result without its body.
const ResultHead = 8 + 8 + 1

// IsReport reports whether r is something other than the outcome of its call.
func (r *Result) IsReport() bool { return r.Status >= ReportProgress }

// IsError reports whether r is the error of its call.
func (r *Result) IsError() bool { return r.Status == ResultError || r.Status == ErrorHandles }

// HasHandles reports whether the sender waits for a Release.
func (r *Result) HasHandles() bool { return r.Status == ResultHandles || r.Status == ErrorHandles }

// AppendHead appends everything of r but Body, which follows on the wire.
func (r *Result) AppendHead(b []byte) []byte {
	b = order.AppendUint64(b, r.ID)
	b = order.AppendUint64(b, uint64(r.Run))
	return append(b, r.Status)
}

// ParseResult reads a result.
func ParseResult(b []byte) (Result, error) {
	if len(b) < ResultHead {
		return Result{}, fmt.Errorf("%w: a result of %d bytes", ErrGarbage, len(b))
	}
	r := Result{ID: order.Uint64(b), Run: int64(order.Uint64(b[8:])), Status: b[16], Body: b[ResultHead:]}
	if r.Status >= resultStatuses || r.Run < 0 {
		return Result{}, fmt.Errorf("%w: a result of status %d that took %d ns", ErrGarbage, r.Status, r.Run)
	}
	return r, nil
}
