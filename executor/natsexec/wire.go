package natsexec

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// What travels. Nodes and submitters are programs of others: what they send is read
// with limits, and checked before it is used.

// Limits of what is accepted from the network.
const (
	maxName     = 1 << 10 // bytes of the name of a function, a node or an object
	maxID       = 128     // bytes of an id of a process or a call
	maxListed   = 1 << 16 // calls in one message
	maxInline   = 512 << 10
	maxAttempts = 100

	maxDeliveries = 1 << 30                    // of a call to nodes
	maxDuration   = 100 * 365 * 24 * time.Hour // of a deadline
)

// A callMsg is a call in the queue.
type callMsg struct {
	From     string        `cbor:"1,keyasint"`           // the submitter
	ID       string        `cbor:"2,keyasint"`           // of the call: unique for the submitter, or for the cluster if it is durable
	Attempt  int           `cbor:"3,keyasint"`           // from 1
	Function string        `cbor:"4,keyasint"`           //
	Arg      []byte        `cbor:"5,keyasint,omitempty"` //
	Object   string        `cbor:"6,keyasint,omitempty"` // in the object store, if the argument is there
	Durable  bool          `cbor:"7,keyasint,omitempty"`
	Retry    int           `cbor:"8,keyasint,omitempty"` // of a durable call
	Timeout  time.Duration `cbor:"9,keyasint,omitempty"` // of a durable call; 0 for none
}

// A ref names one attempt of a call.
type ref struct {
	ID      string `cbor:"1,keyasint"`
	Attempt int    `cbor:"2,keyasint"`
}

// A claimMsg asks a submitter whether a node may run some calls.
type claimMsg struct {
	Node  string `cbor:"1,keyasint"` // id of the process
	Name  string `cbor:"2,keyasint"` // for people
	Calls []ref  `cbor:"3,keyasint"`
}

// A verdict is what the submitter says about one of them.
type verdict struct {
	Run  bool          `cbor:"1,keyasint"`
	Left time.Duration `cbor:"2,keyasint,omitempty"` // until the deadline; 0 for none
}

// A verdictMsg is the answer to a claim, in its order.
type verdictMsg struct {
	Calls []verdict `cbor:"1,keyasint"`
}

// A grantMsg gives a call to a node that has not got it from the queue yet, or asks for it
// back.
type grantMsg struct {
	From string        `cbor:"1,keyasint"`
	Call ref           `cbor:"2,keyasint"`
	Left time.Duration `cbor:"3,keyasint,omitempty"` // until the deadline; 0 for none
	Back bool          `cbor:"4,keyasint,omitempty"`
}

// A beatMsg is a node's sign of life, for a submitter of whose calls it has some.
type beatMsg struct {
	Node  string `cbor:"1,keyasint"`
	Name  string `cbor:"2,keyasint"`
	Calls []ref  `cbor:"3,keyasint"` // that it has, until their results were taken
}

// A beatAnswer tells a node which of its calls are wanted no more.
type beatAnswer struct {
	Unwanted []ref `cbor:"1,keyasint,omitempty"`
}

// The kinds of a resultMsg.
const (
	kindResult   = 1 + iota
	kindError    // Body is an encoded error
	kindCrash    // Crash says how the worker died
	kindProgress // Body is a report
	kindStored   // of a durable call: it is on the server
	kindReturned // the node did not begin it
)

// A resultsMsg holds the outcomes of several calls of one node, in order, and how many
// calls it would begin at once.
type resultsMsg struct {
	Calls []*resultMsg `cbor:"1,keyasint"`
	Spare int          `cbor:"2,keyasint,omitempty"`
	Name  string       `cbor:"3,keyasint,omitempty"` // of the node, if it has spare workers
	To    string       `cbor:"4,keyasint,omitempty"` // where it is given calls then
}

// A takenMsg tells a node which results its submitter has.
type takenMsg struct {
	Calls []ref `cbor:"1,keyasint"`
}

// A resultMsg is what becomes of a call.
type resultMsg struct {
	Node   string    `cbor:"1,keyasint"`
	Call   ref       `cbor:"2,keyasint"`
	Kind   int       `cbor:"3,keyasint"`
	Body   []byte    `cbor:"4,keyasint,omitempty"`
	Object string    `cbor:"5,keyasint,omitempty"`
	Crash  *crashMsg `cbor:"6,keyasint,omitempty"`

	Attempts int `cbor:"7,keyasint,omitempty"` // of a durable call that crashed
}

// A crashMsg is an executor.CrashError on its way.
type crashMsg struct {
	Worker   string        `cbor:"1,keyasint"`
	PID      int           `cbor:"2,keyasint"`
	ExitCode int           `cbor:"3,keyasint"`
	Signal   int           `cbor:"4,keyasint,omitempty"`
	Ran      time.Duration `cbor:"5,keyasint"`
	Stderr   string        `cbor:"6,keyasint,omitempty"`
	Reason   string        `cbor:"7,keyasint,omitempty"`
	Lost     bool          `cbor:"8,keyasint,omitempty"`
	Function string        `cbor:"9,keyasint,omitempty"`
	Node     string        `cbor:"10,keyasint,omitempty"`
}

// A cancelMsg asks a node to end a call.
type cancelMsg struct {
	From  string `cbor:"1,keyasint"`
	Call  ref    `cbor:"2,keyasint"`
	Cause []byte `cbor:"3,keyasint,omitempty"` // an encoded error
}

// An infoMsg is what a node says of itself.
type infoMsg struct {
	ID      string `cbor:"1,keyasint"`
	Name    string `cbor:"2,keyasint"`
	Workers int    `cbor:"3,keyasint"`
	Running int    `cbor:"4,keyasint"`
}

var (
	encMode = must(cbor.CoreDetEncOptions().EncMode())
	decMode = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: 8, MaxArrayElements: maxListed, MaxMapPairs: 32, ExtraReturnErrors: cbor.ExtraDecErrorNone,
	}.DecMode())
)

func must[M any](m M, err error) M {
	if err != nil {
		panic(err)
	}
	return m
}

// errGarbage is what every reader of this file returns for bytes that mean nothing.
var errGarbage = errors.New("natsexec: garbage")

// A message can say whether what was decoded makes sense.
type message interface{ valid() bool }

// encode cannot fail: what it encodes are structs of this file.
func encode(m message) []byte { return must(encMode.Marshal(m)) }

// decode reads a message from another process.
func decode[M message](b []byte, m M) error {
	if err := decMode.Unmarshal(b, m); err != nil {
		return fmt.Errorf("%w: %T: %w", errGarbage, m, err)
	}
	if !m.valid() {
		return fmt.Errorf("%w: %T with a field out of its range", errGarbage, m)
	}
	return nil
}

func (r ref) valid() bool { return validToken(r.ID) && r.Attempt >= 1 && r.Attempt <= maxDeliveries }

func (m *callMsg) valid() bool {
	return validToken(m.From) && ref{m.ID, m.Attempt}.valid() && m.Function != "" && len(m.Function) <= maxName &&
		validObject(m.Object) && m.Retry >= 0 && m.Retry <= maxAttempts && validDuration(m.Timeout)
}

func (m *claimMsg) valid() bool {
	return validToken(m.Node) && len(m.Name) <= maxName && validRefs(m.Calls)
}

func (m *verdictMsg) valid() bool {
	for _, v := range m.Calls {
		if !validDuration(v.Left) {
			return false
		}
	}
	return true
}

func (m *resultsMsg) valid() bool {
	for _, r := range m.Calls {
		if r == nil || !r.valid() {
			return false
		}
	}
	return m.Spare >= 0 && len(m.Name) <= maxName && (m.Spare == 0 || validToken(m.To))
}

func (m *grantMsg) valid() bool {
	return validToken(m.From) && m.Call.valid() && validDuration(m.Left)
}

func (m *takenMsg) valid() bool { return validRefs(m.Calls) }

func (m *beatMsg) valid() bool {
	return validToken(m.Node) && len(m.Name) <= maxName && validRefs(m.Calls)
}

func (m *beatAnswer) valid() bool { return validRefs(m.Unwanted) }

func (m *resultMsg) valid() bool {
	return validToken(m.Node) && m.Call.valid() && m.Kind >= kindResult && m.Kind <= kindReturned && m.Attempts >= 0 && m.Attempts <= maxAttempts+1 &&
		validObject(m.Object) && (m.Kind == kindCrash) == (m.Crash != nil) && (m.Crash == nil || m.Crash.valid())
}

func (m *crashMsg) valid() bool {
	return validDuration(m.Ran) && m.PID >= 0 && m.Signal >= 0 && m.Signal <= 1024
}

func (m *infoMsg) valid() bool {
	return validToken(m.ID) && len(m.Name) <= maxName && m.Workers >= 0 && m.Running >= 0
}

func (m *cancelMsg) valid() bool { return validToken(m.From) && m.Call.valid() }

func validDuration(d time.Duration) bool { return d >= 0 && d <= maxDuration }

func validRefs(refs []ref) bool {
	for _, r := range refs {
		if !r.valid() {
			return false
		}
	}
	return true
}

// validToken reports whether s can be a token of a subject.
func validToken(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

func validObject(s string) bool { return s == "" || validToken(s) }

// crashOf makes the form of a crash that travels.
func crashOf(e *executor.CrashError) *crashMsg {
	m := &crashMsg{
		Worker: e.Worker, PID: max(e.PID, 0), ExitCode: e.ExitCode, Signal: int(e.Signal), Ran: max(e.Ran, 0),
		Stderr: e.Stderr, Lost: e.FinishedResultLost, Function: e.Function, Node: e.Node,
	}
	if e.Err != nil {
		m.Reason = e.Err.Error()
	}
	return m
}

func (m *crashMsg) err(node string) *executor.CrashError {
	e := &executor.CrashError{
		Node: node, Worker: m.Worker, PID: m.PID, ExitCode: m.ExitCode, Signal: syscall.Signal(m.Signal), Ran: m.Ran,
		Stderr: m.Stderr, FinishedResultLost: m.Lost, Function: m.Function,
	}
	if m.Reason != "" {
		e.Err = errors.New(m.Reason)
	}
	return e
}

// left returns how much of d remains, as it travels: 0 means no deadline.
func left(deadline time.Time, ok bool) time.Duration {
	if !ok {
		return 0
	}
	return min(max(time.Until(deadline), 1), maxDuration, math.MaxInt64)
}
