package executor

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"unicode/utf8"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/foreign"
)

// Limits of an error in transport. An error that exceeds them loses its tail, never
// its way: the first levels of wrapping come whole, and of what is beyond at least
// the registered sentinels.
const (
	maxErrorText   = 1 << 20  // bytes of the outermost message, and of all others together
	maxInnerText   = 64 << 10 // bytes of one other message or stack
	maxErrorData   = 1 << 20  // bytes of one value of a registered type
	maxErrorNodes  = 256      // errors of the tree that come whole
	maxErrorVisits = 10_000   // errors of the tree that are looked at
)

// wireError is one error of a tree as it travels. The tree is a list, from the
// outermost error inwards: nested as it is, a chain of joined errors would soon be
// deeper than a decoder may accept.
type wireError struct {
	Type      string   `cbor:"1,keyasint"`
	Message   string   `cbor:"2,keyasint"`
	Stack     string   `cbor:"3,keyasint,omitempty"`
	PID       int      `cbor:"4,keyasint,omitempty"`
	Sentinels []string `cbor:"5,keyasint,omitempty"` // names of RegisterError that it is
	Known     string   `cbor:"6,keyasint,omitempty"` // name of RegisterErrorType
	Data      []byte   `cbor:"7,keyasint,omitempty"` // its value
	Panic     uint8    `cbor:"8,keyasint,omitempty"` // 1: a PanicError, 2: of Goexit
	Function  string   `cbor:"9,keyasint,omitempty"`
	Parent    int      `cbor:"10,keyasint,omitempty"` // index of the error that wraps it, of the first its own
}

// EncodeRemoteError returns a form of err, which must not be nil, that [DecodeRemoteError] of
// another process understands. It cannot fail: whatever is wrong with err, such as
// an Error method that panics or a chain without end, becomes part of the message.
func EncodeRemoteError(err error) []byte {
	if err == nil {
		err = errors.New("executor: EncodeRemoteError(nil)")
	}
	e := errorEncoder{visits: []visit{{err: err, node: noNode}}, text: maxErrorText, sentinels: sentinels.all()}
	foreign.Steps(e.step, e.failed)
	e.nodes[0].PID = os.Getpid()
	b, merr := codec.Marshal(e.nodes)
	if merr != nil { // nothing of it is foreign
		b, _ = codec.Marshal([]wireError{{Type: e.nodes[0].Type, Message: e.nodes[0].Message + " (its details could not be encoded: " + merr.Error() + ")", PID: os.Getpid()}})
	}
	return b
}

// An errorEncoder walks a tree of errors, the outermost first. Each method of an
// error that it calls is a step of its own, and one that does not return costs what
// it was to tell.
type errorEncoder struct {
	sentinels []named[error]
	nodes     []wireError
	text      int // bytes that inner messages and stacks may still have

	visits []visit // what was found so far
	at     int     // the visit that goes on
	stage  int     // the step of it that was taken last
}

// A visit is an error of the tree.
type visit struct {
	err    error
	parent int // index in nodes of the innermost error around it that comes whole
	node   int // its own, noNode if it has none
}

const noNode = -1

// The steps of a visit.
const (
	stageBegin = iota
	stageMessage
	stageIs
	stageKnown
	stageUnwrap
	stageEnd
)

// step takes the next step. The stage counts before it is carried out, so that the
// next step is another one even if it does not return.
func (e *errorEncoder) step() (more bool) {
	if e.at == len(e.visits) {
		return false
	}
	v := &e.visits[e.at]
	e.stage++
	switch e.stage {
	case stageMessage:
		e.begin(v)
		if v.node != noNode && e.nodes[v.node].Message == "" {
			e.setMessage(v, v.err.Error())
		}
	case stageIs:
		e.findSentinels(v)
	case stageKnown:
		if v.node != noNode {
			n := &e.nodes[v.node]
			n.Known, n.Data = knownType(v.err)
		}
	case stageUnwrap:
		e.unwrap(v)
	case stageEnd:
		e.at++
		e.stage = stageBegin
	}
	return true
}

// failed notes that a step did not return. How it ended is one more error that the
// error wraps.
func (e *errorEncoder) failed(how *foreign.Ended) {
	v := &e.visits[e.at]
	if v.node == noNode {
		return
	}
	if e.stage == stageMessage {
		e.setMessage(v, fmt.Sprintf("an error of type %T, whose Error method ended with %v", v.err, how))
	}
	if len(e.nodes) < maxErrorNodes {
		e.nodes = append(e.nodes, wireError{Parent: v.node})
		e.nodes[len(e.nodes)-1].setPanic(how.Value, how.Goexit, how.Stack)
	}
}

// setPanic makes w the form of a future.PanicError.
func (w *wireError) setPanic(value any, goexit bool, stack []byte) {
	w.Panic, w.Type, w.Message = 1, fmt.Sprintf("%T", value), shorten(foreign.Print(value), maxInnerText)
	if goexit {
		w.Panic, w.Message = 2, "runtime.Goexit"
	}
	w.Stack = shorten(string(stack), maxInnerText)
}

// begin gives the error of v a node, if there is room for one more.
func (e *errorEncoder) begin(v *visit) {
	if len(e.nodes) == maxErrorNodes || e.text <= 0 {
		return
	}
	v.node = len(e.nodes)
	w := wireError{Type: fmt.Sprintf("%T", v.err), Parent: v.parent}
	switch x := v.err.(type) { //nolint:errorlint // each error of the tree is visited by itself
	case *future.PanicError:
		if x != nil {
			w.setPanic(x.Value, x.Goexit, x.Stack)
			w.Function = x.Function
		}
	case *RemoteError:
		if x != nil {
			w.Type, w.Function, w.Stack = x.Type, x.Function, shorten(x.Stack, maxInnerText)
		}
	}
	e.text -= len(w.Stack)
	e.nodes = append(e.nodes, w)
}

func (e *errorEncoder) setMessage(v *visit, text string) {
	limit := maxErrorText
	if v.node != 0 {
		limit = max(0, min(maxInnerText, e.text))
		e.text -= min(len(text), limit)
	}
	e.nodes[v.node].Message = shorten(text, limit)
}

// findSentinels finds the registered sentinels that the error itself is, by identity
// or by a method Is of its own.
func (e *errorEncoder) findSentinels(v *visit) {
	at := v.node
	if at == noNode {
		at = v.parent
	}
	n := &e.nodes[at]
	is, _ := v.err.(interface{ Is(error) bool })
	for _, s := range e.sentinels {
		if same(v.err, s.value) {
			n.addSentinel(s.name)
		}
	}
	for _, s := range e.sentinels {
		if is != nil && is.Is(s.value) {
			n.addSentinel(s.name)
		}
	}
}

func (w *wireError) addSentinel(name string) {
	for _, n := range w.Sentinels {
		if n == name {
			return
		}
	}
	w.Sentinels = append(w.Sentinels, name)
}

// unwrap finds what the error wraps, in either form of the convention.
func (e *errorEncoder) unwrap(v *visit) {
	parent, err := v.node, v.err
	if parent == noNode {
		parent = v.parent
	}
	var inner []error
	switch x := err.(type) { //nolint:errorlint // one step of the chain is wanted
	case interface{ Unwrap() error }:
		inner = []error{x.Unwrap()}
	case interface{ Unwrap() []error }:
		inner = x.Unwrap()
	}
	for _, i := range inner {
		if i != nil && len(e.visits) < maxErrorVisits {
			e.visits = append(e.visits, visit{i, parent, noNode})
		}
	}
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

// message returns err.Error(), which may do anything, for a log.
func message(err error) string { return shorten(foreign.Text(err), maxInnerText) }

// shorten cuts what is longer than n bytes, not in the middle of a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := n
	for end > 0 && n-end < utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + fmt.Sprintf("… (%d bytes more)", len(s)-end)
}
