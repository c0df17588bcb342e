package proc

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A Transport carries messages between a parent and one worker, in order and
// each once. What sends is for one goroutine at a time, what receives is for one
// goroutine at a time. All pools know of the data path is this.
type Transport interface {
	// Send sends a message, which is head followed by body, if it is short
	// enough to go at once and there is room. It does not block and does
	// not wake the other side; see Wake.
	Send(head, body []byte) (sent bool, err error)

	// Stream sends a message of any length in pieces, wakes the other side
	// itself by ringing the bell if need be, and waits for room. alive is
	// asked now and then; when it reports false, Stream gives up.
	Stream(head, body []byte, bell func(), alive func() bool) error

	// Wake wakes the other side if it waits, and reports whether it did, which
	// is what costs something; and whether the other side is parked where only
	// the control socket reaches it.
	Wake() (waited, bell bool)

	// Recv returns the next message, valid until the next call, or ok false
	// if there is none now. It does not block.
	Recv() (msg []byte, ok bool, err error)

	// Keep leaves the message that Recv returned last to the caller, for
	// ever. It reports false if it cannot, which is so for short messages.
	Keep() bool

	// Ready reports whether Recv has something to look at.
	Ready() bool

	// Wait blocks the thread until Ready or until the timeout has passed,
	// without limit if it is 0. It may return early.
	Wait(timeout time.Duration)

	// Park says that this side now waits for the bell, and reports false if
	// it need not. Unpark takes that back.
	Park() bool
	Unpark()
}

// The tags of records. A message that is too long for a record travels as one
// first and any number of more, with the whole length in front of the first.
const (
	tagWhole uint32 = iota
	tagFirst
	tagMore
)

const firstHead = 8

// buffers holds the buffers of long messages, for whichever transport has the
// next one. The garbage collector empties it, so that one long message does not
// hold its memory.
var buffers sync.Pool

// rings is the Transport in shared memory.
type rings struct {
	out *ring.Writer
	in  *ring.Reader

	total int    // length of the long message that is being put together, or 0
	long  []byte // what there is room for now
	got   int    // how much of it has come
	lent  []byte // the last long message, while the caller has it
}

func (t *rings) Send(head, body []byte) (bool, error) {
	return t.out.Write(tagWhole, head, body)
}

func (t *rings) Wake() (waited, bell bool) { return t.out.Wake() }

func (t *rings) Ready() bool { return t.in.Ready() }
func (t *rings) Park() bool  { return t.in.Park() }
func (t *rings) Unpark()     { t.in.Unpark() }

func (t *rings) Keep() bool {
	kept := t.lent != nil
	t.lent = nil
	return kept
}

func (t *rings) Wait(timeout time.Duration) { t.in.Wait(timeout) }

// How long Stream sleeps for room at a time: shortly at first, since a sleep in
// a futex keeps a P; long when the other side does not seem to be reading.
const (
	roomWait  = 200 * time.Microsecond
	roomTries = 50
	roomSleep = time.Millisecond
)

func (t *rings) Stream(head, body []byte, bell func(), alive func() bool) error {
	total := len(head) + len(body)
	if total > wire.MaxMessage {
		return fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrTooLong, total, wire.MaxMessage)
	}
	limit := t.out.MaxRecord()
	if total <= limit {
		return t.piece(tagWhole, head, body, bell, alive)
	}
	first := binary.LittleEndian.AppendUint64(nil, uint64(total))
	first = append(first, head[:min(len(head), limit-firstHead)]...)
	head = head[len(first)-firstHead:]
	if err := t.piece(tagFirst, first, nil, bell, alive); err != nil {
		return err
	}
	for _, rest := range [2][]byte{head, body} {
		for len(rest) > 0 {
			n := min(len(rest), limit)
			if err := t.piece(tagMore, rest[:n], nil, bell, alive); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return nil
}

// piece sends one record and waits for room for it.
func (t *rings) piece(tag uint32, a, b []byte, bell func(), alive func() bool) error {
	for try := 0; ; try++ {
		ok, err := t.out.Write(tag, a, b)
		if err != nil {
			return err
		}
		if ok {
			if _, bells := t.out.Wake(); bells {
				bell()
			}
			return nil
		}
		if !alive() {
			return errGone
		}
		if try >= roomTries {
			sleep(roomSleep)
			continue
		}
		if _, err := t.out.WaitRoom(len(a)+len(b), roomWait); err != nil {
			return err
		}
	}
}

// sleep is for a peer that is stopped or busy: there is no event to wait for
// that would not keep a P meanwhile.
func sleep(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
}

func (t *rings) Recv() ([]byte, bool, error) {
	if t.lent != nil {
		giveBuffer(t.lent)
		t.lent = nil
	}
	for {
		if t.total > 0 {
			done, ok, err := t.more()
			if err != nil || !ok {
				return nil, false, err
			}
			if done {
				t.lent, t.long, t.total = t.long, nil, 0
				return t.lent, true, nil
			}
			continue
		}
		tag, p, ok, err := t.in.Read()
		if err != nil || !ok {
			return nil, false, err
		}
		switch tag {
		case tagWhole:
			return p, true, nil
		case tagFirst:
			if err := t.first(p); err != nil {
				return nil, false, err
			}
		default:
			return nil, false, fmt.Errorf("%w: a record with tag %d", wire.ErrGarbage, tag)
		}
	}
}

// believed is how much memory a message gets before any of it has come. Beyond
// that the buffer grows with what has come, so that garbage in the length costs
// no more than that.
const believed = 32 << 20

func (t *rings) first(p []byte) error {
	if len(p) < firstHead {
		return fmt.Errorf("%w: a first piece of %d bytes", wire.ErrGarbage, len(p))
	}
	total := binary.LittleEndian.Uint64(p)
	p = p[firstHead:]
	if total <= uint64(len(p)) || total > wire.MaxMessage {
		return fmt.Errorf("%w: a message of %d bytes", wire.ErrGarbage, total)
	}
	t.total = int(total)
	t.long = takeBuffer(max(min(t.total, believed), len(p)))
	t.got = copy(t.long, p)
	return nil
}

// more takes the next piece of the long message.
func (t *rings) more() (done, ok bool, err error) {
	tag, ok, err := t.in.Tag()
	if err != nil || !ok {
		return false, false, err
	}
	if tag != tagMore {
		return false, false, fmt.Errorf("%w: a record with tag %d within a message", wire.ErrGarbage, tag)
	}
	if room := len(t.long) - t.got; room < t.in.MaxRecord() && len(t.long) < t.total {
		grown := takeBuffer(min(t.total, 2*len(t.long)+t.in.MaxRecord()))
		copy(grown, t.long[:t.got])
		t.long = grown
	}
	_, n, ok, err := t.in.ReadInto(t.long[t.got:])
	if err != nil || !ok {
		return false, false, err
	}
	t.got += n
	return t.got == t.total, true, nil
}

func takeBuffer(n int) []byte {
	if b, _ := buffers.Get().(*[]byte); b != nil {
		// Not a much larger one: to keep the message is to keep all of it.
		if c := cap(*b); c >= n && c <= 2*n {
			return (*b)[:n]
		}
		buffers.Put(b)
	}
	return unclearedBuffer(n)
}

func giveBuffer(b []byte) { buffers.Put(&b) }
