package executor

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A RemoteError is an error that came from another process. It has the message
// and the type name of the original and wraps what the original wrapped.
// errors.Is finds the sentinels in it that both processes registered with
// [RegisterError], and those of the standard library; errors.As the types
// registered with [RegisterErrorType].
type RemoteError struct {
	Type    string // of the original, as in "*fs.PathError"
	Message string // what its Error method returned
	Stack   string // of the goroutine there, if the error carried one
	PID     int    // of the process that sent it; 0 for an error inside another

	chain []error
}

// Error returns the message of the original.
func (e *RemoteError) Error() string { return e.Message }

// Unwrap returns what the original stood for and what it wrapped.
func (e *RemoteError) Unwrap() []error { return e.chain }

// Limits of an error in transport. An error that exceeds them loses its tail, never
// its way.
const (
	maxErrorText  = 64 << 10 // bytes of one message or stack
	maxErrorData  = 1 << 20  // bytes of one value of a registered type
	maxErrorDepth = 64       // of wrapping
	maxErrorNodes = 256      // in the whole tree
)

// wireError is one error of a tree as it travels.
type wireError struct {
	Type      string      `cbor:"1,keyasint"`
	Message   string      `cbor:"2,keyasint"`
	Stack     string      `cbor:"3,keyasint,omitempty"`
	PID       int         `cbor:"4,keyasint,omitempty"`
	Sentinels []string    `cbor:"5,keyasint,omitempty"` // names of RegisterError that it is
	Known     string      `cbor:"6,keyasint,omitempty"` // name of RegisterErrorType
	Data      []byte      `cbor:"7,keyasint,omitempty"` // its value
	Panic     uint8       `cbor:"8,keyasint,omitempty"` // 1: a PanicError, 2: of Goexit
	Wrapped   []wireError `cbor:"9,keyasint,omitempty"`
}

// EncodeRemoteError returns a form of err, which must not be nil, that [DecodeRemoteError] of
// another process understands. It cannot fail: whatever is wrong with err, such as
// an Error method that panics, becomes part of the message.
func EncodeRemoteError(err error) []byte {
	if err == nil {
		err = errors.New("executor: EncodeRemoteError(nil)")
	}
	e := errorEncoder{left: maxErrorNodes}
	w := e.encode(err, 0)
	w.PID = os.Getpid()
	b, merr := codec.Marshal(&w)
	if merr != nil {
		b, _ = codec.Marshal(&wireError{Type: w.Type, Message: w.Message + " (its details could not be encoded: " + merr.Error() + ")", PID: w.PID})
	}
	return b
}

// DecodeRemoteError is the inverse of [EncodeRemoteError]. It returns a
// [*RemoteError], or a [*future.PanicError] if the work panicked. It never returns
// nil: bytes that mean nothing give an error that says so.
func DecodeRemoteError(b []byte) error {
	var w wireError
	if err := codec.Unmarshal(b, &w); err != nil {
		return fmt.Errorf("executor: an error came from another process but cannot be decoded: %w", err)
	}
	left := maxErrorNodes
	return decodeError(&w, 0, &left)
}

type errorEncoder struct{ left int }

func (e *errorEncoder) encode(err error, depth int) wireError {
	e.left--
	w := wireError{Type: fmt.Sprintf("%T", err), Message: message(err)}
	switch x := err.(type) { //nolint:errorlint // each error of the tree is visited by itself
	case *future.PanicError:
		if x != nil {
			w.Panic = 1
			if x.Goexit {
				w.Panic = 2
			}
			w.Stack = shorten(string(x.Stack))
		}
	case *RemoteError:
		if x != nil {
			w.Type, w.Stack = x.Type, shorten(x.Stack)
		}
	}
	w.Sentinels = sentinelsOf(err)
	w.Known, w.Data = knownType(err)
	if depth >= maxErrorDepth {
		return w
	}
	for _, inner := range unwrap(err) {
		if inner == nil {
			continue
		}
		if e.left <= 0 {
			break
		}
		w.Wrapped = append(w.Wrapped, e.encode(inner, depth+1))
	}
	return w
}

// message calls err.Error, which may do anything.
func message(err error) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s = fmt.Sprintf("an error of type %T, whose Error method panicked: %v", err, panicText(r))
		}
	}()
	return shorten(err.Error())
}

// panicText formats the value of a panic. Its own methods may panic; fmt catches
// that once, but not if what they panic with does it again.
func panicText(r any) (s string) {
	defer func() {
		if recover() != nil {
			s = fmt.Sprintf("a value of type %T, which panics when it is printed", r)
		}
	}()
	return shorten(fmt.Sprint(r))
}

func shorten(s string) string {
	if len(s) > maxErrorText {
		s = s[:maxErrorText] + fmt.Sprintf("… (%d bytes more)", len(s)-maxErrorText)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// unwrap returns what err wraps, in either form of the convention.
func unwrap(err error) (inner []error) {
	defer func() {
		if recover() != nil {
			inner = nil
		}
	}()
	switch x := err.(type) { //nolint:errorlint // one step of the chain is wanted
	case interface{ Unwrap() error }:
		if e := x.Unwrap(); e != nil {
			return []error{e}
		}
	case interface{ Unwrap() []error }:
		return x.Unwrap()
	}
	return nil
}

func decodeError(w *wireError, depth int, left *int) error {
	*left--
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
	for i := range w.Wrapped {
		if depth >= maxErrorDepth || *left <= 0 {
			break
		}
		chain = append(chain, decodeError(&w.Wrapped[i], depth+1, left))
	}
	remote := &RemoteError{Type: w.Type, Message: w.Message, Stack: w.Stack, PID: w.PID, chain: chain}
	if w.Panic == 0 {
		if w.Stack == "" {
			remote.Stack = innerStack(chain)
		}
		return remote
	}
	// The value of the panic stays behind; what it said is the value here.
	remote.Message = strings.TrimPrefix(w.Message, "panic: ")
	return &future.PanicError{Value: remote, Goexit: w.Panic == 2, Stack: []byte(w.Stack)}
}

// innerStack returns the first stack in a chain, so that the outermost error
// shows where it all began.
func innerStack(chain []error) string {
	for _, err := range chain {
		if p := (*future.PanicError)(nil); errors.As(err, &p) {
			return string(p.Stack)
		}
		if r := (*RemoteError)(nil); errors.As(err, &r) && r.Stack != "" {
			return r.Stack
		}
	}
	return ""
}

// sentinelsOf returns the names of the registered sentinels that err itself is,
// by identity or by a method Is of its own.
func sentinelsOf(err error) []string {
	var names []string
	is, _ := err.(interface{ Is(error) bool })
	sentinels.each(func(name string, s error) {
		if same(err, s) || is != nil && saysIs(is, s) {
			names = append(names, name)
		}
	})
	return names
}

func same(a, b error) bool {
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(a) == reflect.TypeOf(b) && equal(a, b)
}

// equal compares two errors of a comparable type; a struct type may still hold
// an interface whose content is not comparable, and then the comparison panics.
func equal(a, b error) (eq bool) {
	defer func() { _ = recover() }()
	return a == b //nolint:errorlint // identity is what a sentinel is about
}

func saysIs(err interface{ Is(error) bool }, s error) (is bool) {
	defer func() { _ = recover() }()
	return err.Is(s)
}
