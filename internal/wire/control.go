package wire

import "fmt"

// A Kind says what a control message is about.
type Kind byte

// The kinds of control messages: ID, Aux, Object and Body mean what is said
// here, and nothing where nothing is said.
const (
	// Hello is the worker's first word: ID is the version, Aux its pid,
	// Object the id of the process, Body the nonce from its environment.
	Hello Kind = 1 + iota
	// Welcome is the parent's first word: ID is the version, Aux the number
	// of the worker in its pool, Object the id of the process, Body the
	// settings.
	Welcome
	// Bell says that the result ring has something for a parked reader.
	Bell
	// Cancel ends the context of call ID; Aux is 1 for a passed deadline,
	// and Body says why.
	Cancel
	// Fetch asks for the descriptor of Object; the answer has the same ID.
	Fetch
	// Fetched answers a Fetch: with a descriptor, or with Aux 1 if the
	// object is gone there and 2 if something else failed, with Body to say
	// what.
	Fetched
	// Release says that the results of all calls up to ID are decoded, so
	// what they refer to need not be kept alive any more.
	Release
	// Progress is a report of call ID; Body is encoded by whoever sent it.
	Progress
	// Log is a log record of call ID, 0 outside of calls; Aux is the level,
	// Body the record.
	Log
	kinds
)

// What Aux says in a [Fetched] and a [Cancel].
const (
	FetchedGone      = 1
	FetchedFailed    = 2
	CanceledDeadline = 1
)

// A Message is one message on the control socket.
type Message struct {
	Kind   Kind
	ID     uint64
	Aux    uint64
	Object [16]byte
	Body   []byte
}

const messageHead = 8 + 8 + 8 + 16

// MaxControl is the greatest length of a control message; it bounds the buffer
// of the receiver.
const MaxControl = 64 << 10

// MaxBody is the greatest length of a control message's body.
const MaxBody = MaxControl - messageHead

// Append appends m to b. A body longer than [MaxBody] is cut off.
func (m *Message) Append(b []byte) []byte {
	b = order.AppendUint64(b, uint64(m.Kind))
	b = order.AppendUint64(b, m.ID)
	b = order.AppendUint64(b, m.Aux)
	b = append(b, m.Object[:]...)
	return append(b, m.Body[:min(len(m.Body), MaxBody)]...)
}

// ParseMessage reads a control message.
func ParseMessage(b []byte) (Message, error) {
	if len(b) < messageHead || len(b) > MaxControl {
		return Message{}, fmt.Errorf("%w: a control message of %d bytes", ErrGarbage, len(b))
	}
	kind := order.Uint64(b)
	if kind == 0 || kind >= uint64(kinds) {
		return Message{}, fmt.Errorf("%w: a control message of kind %d", ErrGarbage, kind)
	}
	m := Message{Kind: Kind(kind), ID: order.Uint64(b[8:]), Aux: order.Uint64(b[16:]), Body: b[messageHead:]}
	copy(m.Object[:], b[24:])
	return m, nil
}

// Settings are what a pool tells its workers in [Welcome].
type Settings struct {
	MemoryLimit int64  // soft limit of the Go heap in bytes, 0 for none
	Pool        string // the pool's name
}

// Append appends s to b.
func (s *Settings) Append(b []byte) []byte {
	return append(order.AppendUint64(b, uint64(s.MemoryLimit)), s.Pool...)
}

// ParseSettings reads settings.
func ParseSettings(b []byte) (Settings, error) {
	if len(b) < 8 {
		return Settings{}, fmt.Errorf("%w: settings of %d bytes", ErrGarbage, len(b))
	}
	s := Settings{MemoryLimit: int64(order.Uint64(b)), Pool: string(b[8:])}
	if s.MemoryLimit < 0 {
		return Settings{}, fmt.Errorf("%w: a memory limit of %d bytes", ErrGarbage, s.MemoryLimit)
	}
	return s, nil
}
