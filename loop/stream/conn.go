package stream

import (
	"context"
	"errors"
	"io"
	"net"
)

// A link is what the two ends of a connection have in common. Its goroutines hold it;
// the user holds only its owner.
type link struct {
	in     *input
	out    *output
	server bool // this side accepted it

	conn    net.Conn      // guarded by out.mu
	reading chan struct{} // closed when nothing is read any more
}

// newLink makes the streams of conn. Nothing is read before start.
func newLink(conn net.Conn, limit int) *link {
	k := &link{conn: conn, in: newInput(limit, true), out: newOutput(conn), reading: make(chan struct{})}
	k.out.peer = k.in
	k.out.lost = func(error) { k.in.stop() }
	return k
}

// start begins to read, and returns the ends for the user.
func (k *link) start() (*Reader, *Writer) {
	go k.read()
	o := own(k.out)
	return &Reader{in: k.in, owner: o}, &Writer{out: k.out, link: k, owner: o}
}

// read is the goroutine that takes in what comes.
func (k *link) read() {
	defer close(k.reading)
	switch err := k.in.pump(k.conn); {
	case errors.Is(err, io.EOF):
		k.in.end(nil) // the other direction stays open
	case err != nil:
		k.out.end(err)
	}
}

func (k *link) netConn() net.Conn {
	k.out.mu.Lock()
	defer k.out.mu.Unlock()
	return k.conn
}

// Wrap returns the streams of a connection that there is already. They take it over:
// the code that had it leaves it alone, and [Writer.Close] closes it. When the loop closes
// that ctx carries, if it carries one, it is aborted. For limit see [NewReader]. It
// stands for asyncio.open_connection(sock=…).
func Wrap(ctx context.Context, conn net.Conn, limit int) (*Reader, *Writer) {
	k := newLink(conn, mustLimit(limit))
	k.out.bind(ctx)
	return k.start()
}
