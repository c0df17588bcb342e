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
	// Release says that the result of call ID is decoded, so what it refers
	// to need not be kept alive any more.
	Release
	// Terminate tells the worker to behave as if it had got SIGTERM; if ID is that of a
	// call, only while that one runs.
	Terminate
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
	Timeout     int64  // of each call, in nanoseconds, 0 for none
	LogLevel    int64  // records below it are not sent
	Labels      bool   // the goroutine that runs a call is labelled for profiles
	Pool        string // the pool's name
}

const settingsHead = 3*8 + 1

// Append appends s to b.
func (s *Settings) Append(b []byte) []byte {
	b = order.AppendUint64(b, uint64(s.MemoryLimit))
	b = order.AppendUint64(b, uint64(s.Timeout))
	b = order.AppendUint64(b, uint64(s.LogLevel))
	labels := byte(0)
	if s.Labels {
		labels = 1
	}
	b = append(b, labels)
	return append(b, s.Pool...)
}

// ParseSettings reads settings.
func ParseSettings(b []byte) (Settings, error) {
	if len(b) < settingsHead {
		return Settings{}, fmt.Errorf("%w: settings of %d bytes", ErrGarbage, len(b))
	}
	s := Settings{
		MemoryLimit: int64(order.Uint64(b)),
		Timeout:     int64(order.Uint64(b[8:])),
		LogLevel:    int64(order.Uint64(b[16:])),
		Labels:      b[24] == 1,
		Pool:        string(b[settingsHead:]),
	}
	if s.MemoryLimit < 0 || s.Timeout < 0 {
		return Settings{}, fmt.Errorf("%w: a memory limit of %d bytes, a timeout of %d ns", ErrGarbage, s.MemoryLimit, s.Timeout)
	}
	if b[24] > 1 {
		return Settings{}, fmt.Errorf("%w: %d for whether there are labels", ErrGarbage, b[24])
	}
	return s, nil
}
