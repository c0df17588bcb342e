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
	rx, tx handle // what this end receives from, and what it sends to
	life   life
}

// Pipe makes the two ends of a pipe, with room for 1 MiB of items each way. An
// error is the system's, when memory or descriptors run out.
func Pipe[T any]() (*Conn[T], *Conn[T], error) {
	a, b := new(Conn[T]), new(Conn[T])
	head := shm.Header{Kind: kindPipe, Tag: codecOf[T]().tag}
	for _, h := range []*handle{&a.rx, &a.tx} {
		if err := h.createSparse(head, ringStart+pipeBytes, ringStart); err != nil {
			_ = a.Close()
			return nil, nil, err
		}
	}
	b.rx.adopt(a.tx.must().Again())
	b.tx.adopt(a.rx.must().Again())
	for _, c := range []*Conn[T]{a, b} {
		if err := c.enter(); err != nil {
			_, _ = a.Close(), b.Close()
			return nil, nil, err
		}
	}
	return a, b, nil
}

const pipeBytes = 1 << 20

// enter makes this handle count as one of its end.
func (c *Conn[T]) enter() error {
	rx, err := newSign(c.rx.must(), signReader)
	if err != nil {
		return err
	}
	tx, err := newSign(c.tx.must(), signWriter)
	if err != nil {
		rx.leave()
		return err
	}
	c.life.begin(rx, tx)
	runtime.AddCleanup(c, leaveAll, []*sign{rx, tx})
	return nil
}

// Send sends an item, waiting for room as long as ctx allows. In a task the wait
// suspends the task. If the other end is closed it returns an error that wraps
// io.ErrClosedPipe; if ctx ends first, ctx's error, and nothing was sent. An item
// larger than the pipe gets ErrTooLarge. After Close, also one during the wait, it
// returns ErrClosed.
func (c *Conn[T]) Send(ctx context.Context, item T) error {
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
			return false, fmt.Errorf("shared: nobody has the other end of the pipe any more: %w", io.ErrClosedPipe)
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

// Recv receives an item, waiting for one as long as ctx allows. In a task the
// wait suspends the task. It returns io.EOF when the other end is closed and all
// that it had sent was received; if ctx ends first, ctx's error. After Close,
// also one during the wait, it returns ErrClosed.
func (c *Conn[T]) Recv(ctx context.Context) (item T, err error) {
	seg, err := c.rx.use()
	if err != nil {
		return item, err
	}
	var b encodedItem
	err = seg.Lot(offNotEmpty).Wait(ctx, &c.rx.closed, func() (ok bool, err error) {
		more := signs(seg, signWriter) // asked first: who sends and then closes is heard
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

// Poll reports whether Recv would return at once, with an item or io.EOF; it waits
// for that as long as ctx allows, and not at all if ctx is done. After Close, and
// where a bare callback of a loop would have to wait, it returns false.
func (c *Conn[T]) Poll(ctx context.Context) bool {
	seg, err := c.rx.use()
	if err != nil {
		return false
	}
	return seg.Lot(offNotEmpty).Wait(ctx, &c.rx.closed, func() (bool, error) {
		return ring{seg}.items() > 0 || !signs(seg, signWriter), nil
	}) == nil
}

// Close ends the use of this handle. With the last handle of this end, the other
// end sees that it is closed. Goroutines that wait through the handle get
// ErrClosed. Closing twice does nothing.
func (c *Conn[T]) Close() error {
	c.life.end()
	_ = c.rx.shut() // never fails
	return c.tx.shut()
}

// MarshalBinary encodes the handle for another process. The end does not count as
// closed while it is on its way in a call, a result or an item, so that the sender
// can close its own handle at once.
func (c *Conn[T]) MarshalBinary() ([]byte, error) {
	rx, err := c.rx.marshalTicket(newTicket(signReader))
	if err != nil {
		return nil, err
	}
	tx, err := c.tx.marshalTicket(newTicket(signWriter))
	if err != nil {
		return nil, err
	}
	return append(rx, tx...), nil
}

// UnmarshalBinary makes c a handle of the end that b encodes. It returns an error
// that wraps ErrType if its items have another type. It may ask the process that
// sent b for descriptors, which blocks for a round trip.
func (c *Conn[T]) UnmarshalBinary(b []byte) error {
	if len(b) != 2*encodedSize {
		return fmt.Errorf("shared: %d bytes are no end of a pipe", len(b))
	}
	check := func(h shm.Header, size int) error {
		if want := (shm.Header{Kind: kindPipe, Tag: codecOf[T]().tag}); h != want || size != ringStart+pipeBytes {
			return fmt.Errorf("%w: the handle is not that of a %T", ErrType, c)
		}
		return nil
	}
	c.life.end()
	err := c.rx.unmarshal(b[:encodedSize], check)
	if err == nil {
		err = c.tx.unmarshal(b[encodedSize:], check)
	}
	if err == nil {
		err = c.enter()
	}
	if err != nil {
		_ = c.Close()
		return err
	}
	received(c.rx.must(), ticketOf(b[:encodedSize]))
	received(c.tx.must(), ticketOf(b[encodedSize:]))
	return nil
}
