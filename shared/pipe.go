package shared

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A Conn is one end of a pipe between two processes, which carries items both
// ways, each in order. It is the Connection of Python's multiprocessing.Pipe.
//
// Several goroutines and processes may have a handle of the same end. The end
// counts as closed when all of them are closed, or gone with their processes:
// the other side then receives what was sent before, and io.EOF after that.
//
// Items are encoded as in a Queue. The zero Conn is closed; it can be decoded
// into. A Conn must not be copied.
type Conn[T any] struct {
	rx, tx handle // what this end receives from, and what it sends to; not made in an end of a one-way pipe
	way    uint32 // signReader or signWriter in such an end
	life   life
}

// Pipe makes the two ends of a pipe, with room for 1 MiB of items each way. An
// error is the system's, when memory or descriptors run out.
func Pipe[T any]() (*Conn[T], *Conn[T], error) { return newPipe[T](false) }

// OneWayPipe makes the two ends of a pipe that carries items from the sender to the
// receiver only. To send at the receiver, or to receive at the sender, is ErrOneWay. It
// is Pipe(duplex=False) of Python.
func OneWayPipe[T any]() (receiver, sender *Conn[T], err error) { return newPipe[T](true) }

func newPipe[T any](oneWay bool) (*Conn[T], *Conn[T], error) {
	a, b := new(Conn[T]), new(Conn[T])
	ways := []struct{ from, to *handle }{{&b.tx, &a.rx}, {&a.tx, &b.rx}}
	if oneWay {
		a.way, b.way = signReader, signWriter
		ways = ways[:1]
	}
	fail := func(err error) (*Conn[T], *Conn[T], error) {
		_, _ = a.Close(), b.Close() // never fails
		return nil, nil, err
	}
	head := shm.Header{Kind: kindPipe, Tag: codecOf[T]().tag}
	for _, way := range ways {
		if err := way.from.createSparse(head, ringStart+pipeBytes, ringStart); err != nil {
			return fail(err)
		}
		way.to.adopt(way.from.must().Again())
	}
	for _, c := range []*Conn[T]{a, b} {
		if err := c.enter(); err != nil {
			return fail(err)
		}
	}
	return a, b, nil
}

const pipeBytes = 1 << 20

// ways calls fn with the handles that this end has and the role that it plays there.
func (c *Conn[T]) ways(fn func(h *handle, role uint32) error) error {
	for _, way := range []struct {
		h    *handle
		role uint32
	}{{&c.rx, signReader}, {&c.tx, signWriter}} {
		if c.way != 0 && c.way != way.role {
			continue
		}
		if err := fn(way.h, way.role); err != nil {
			return err
		}
	}
	return nil
}

// enter makes this handle count as one of its end.
func (c *Conn[T]) enter() error {
	var put []*sign
	err := c.ways(func(h *handle, role uint32) error {
		s, err := newSign(h.must(), role)
		if err == nil {
			put = append(put, s)
		}
		return err
	})
	if err != nil {
		leaveAll(put)
		return err
	}
	c.life.begin(put...)
	runtime.AddCleanup(c, leaveAll, put)
	return nil
}

// Send sends an item, waiting for room as long as ctx allows. In a task the wait
// suspends the task. If the other end is closed, or the last process that had it has
// died, it returns an error that wraps io.ErrClosedPipe; if ctx ends first, ctx's
// error, and nothing was sent. An item larger than the pipe gets ErrTooLarge. After
// Close, also one during the wait, it returns ErrClosed.
func (c *Conn[T]) Send(ctx context.Context, item T) error {
	if c.way == signReader {
		return ErrOneWay
	}
	seg, err := c.tx.use()
	if err != nil {
		return err
	}
	r := ring{seg}
	b, held, err := encodeHeld(item)
	if err != nil {
		return err
	}
	if !r.fits(b) {
		held.Release()
		return fmt.Errorf("%w: it takes %d bytes, and a pipe has %d", ErrTooLarge, len(b)+itemHeader, pipeBytes)
	}
	err = seg.Lot(offNotFull).Wait(ctx, &c.tx.closed, func() (bool, error) {
		if !signs(seg, signReader) {
			return false, fmt.Errorf("shared: the other end of the pipe is closed in every process: %w", io.ErrClosedPipe)
		}
		return retry(r.put(b, held), ErrFull)
	})
	if err != nil {
		held.Release()
		return lockError(err)
	}
	seg.Lot(offNotEmpty).Signal(1)
	return nil
}

// Recv receives an item, waiting for one as long as ctx allows. In a task the wait
// suspends the task. It returns io.EOF when the other end is closed, or its last
// process has died, and all that it had sent was received; if ctx ends first, ctx's
// error. After Close, also one during the wait, it returns ErrClosed.
func (c *Conn[T]) Recv(ctx context.Context) (item T, err error) {
	if c.way == signWriter {
		return item, ErrOneWay
	}
	seg, err := c.rx.use()
	if err != nil {
		return item, err
	}
	var b encodedItem
	err = seg.Lot(offNotEmpty).Wait(ctx, &c.rx.closed, func() (ok bool, err error) {
		more := signs(seg, signWriter) // asked first: what sends and then closes is heard
		b, err = ring{seg}.get()
		if err == ErrEmpty && !more { //nolint:errorlint // it is ours, not wrapped
			return false, io.EOF
		}
		return retry(err, ErrEmpty)
	})
	if err != nil {
		return item, lockError(err)
	}
	seg.Lot(offNotFull).Signal(math.MaxInt32)
	return decodeGot[T](b)
}

// Poll reports whether Recv would return at once: with an item, or with [io.EOF]
// because the other end is closed or its last process has died. It waits for that as
// long as ctx allows, and not at all if ctx is done. After Close it returns false, as
// it does where a bare callback of a loop would have to wait, and at the sender of a
// one-way pipe.
func (c *Conn[T]) Poll(ctx context.Context) bool {
	seg, err := c.rx.use()
	if err != nil {
		return false
	}
	return seg.Lot(offNotEmpty).Wait(ctx, &c.rx.closed, func() (bool, error) {
		return ring{seg}.items() > 0 || !signs(seg, signWriter), nil
	}) == nil
}

// Close ends the use of this handle. With the last handle of this end, the other end
// sees that it is closed. Goroutines that wait through the handle get ErrClosed.
// Closing twice does nothing. If the process dies, the kernel closes its handles.
func (c *Conn[T]) Close() error {
	c.life.end()
	_ = c.rx.shut() // never fails
	return c.tx.shut()
}

// MarshalBinary encodes the handle for another process. The end does not count as
// closed while it is on its way in a call, a result or an item, so that the sender can
// close its own handle at once. To encode it again gives one that is as good. If this
// process dies before it is decoded, UnmarshalBinary fails there. After Close
// MarshalBinary returns [ErrClosed].
func (c *Conn[T]) MarshalBinary() ([]byte, error) {
	var b []byte
	err := c.ways(func(h *handle, role uint32) error {
		one, err := h.marshalTicket(newTicket(role))
		b = append(b, one...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// UnmarshalBinary makes c a handle of the end that b encodes. It returns an error that
// wraps ErrType if its items have another type. It may ask the process that sent b for
// descriptors, which blocks for a round trip. If that process has died it returns an
// error. What the handle was before is replaced, and a closed one is open again.
func (c *Conn[T]) UnmarshalBinary(b []byte) error {
	way := uint32(0)
	if len(b) == encodedSize {
		way = ticketOf(b) & (signReader | signWriter)
	}
	if len(b) != 2*encodedSize && way != signReader && way != signWriter {
		return fmt.Errorf("shared: %d bytes are no end of a pipe", len(b))
	}
	check := func(h shm.Header, size int) error {
		if want := (shm.Header{Kind: kindPipe, Tag: codecOf[T]().tag}); h != want || size != ringStart+pipeBytes {
			return fmt.Errorf("%w: the handle is not that of a %T", ErrType, c)
		}
		return nil
	}
	_ = c.Close() // what it was before; never fails
	c.way = way
	part := func(role uint32) []byte { // of one of the two handles
		if way == 0 && role == signWriter {
			return b[encodedSize:]
		}
		return b[:encodedSize]
	}
	err := c.ways(func(h *handle, role uint32) error { return h.unmarshal(part(role), check) })
	if err == nil {
		err = c.enter()
	}
	if err != nil {
		_ = c.Close()
		return err
	}
	return c.ways(func(h *handle, role uint32) error {
		received(h.must(), ticketOf(part(role)))
		return nil
	})
}
