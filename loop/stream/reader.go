package stream

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// DefaultLimit is the limit of a stream for which none is given: 64 KiB.
const DefaultLimit = 64 << 10

// A Reader is the reading end of a stream. A goroutine of its own takes in what
// comes, until there is more than twice the limit that was not read: then it leaves
// the rest where it is, and the other end feels it, until no more than the limit is
// left.
//
// The reads suspend a task, or block a plain goroutine, while they wait, and return
// at once if what they want is there. Let one task or goroutine read at a time; see
// [ErrConcurrentRead]. It stands for asyncio.StreamReader.
type Reader struct {
	in    *input
	owner *owner // nil for one that is fed by hand
}

// NewReader returns a Reader that [Reader.FeedData] and [Reader.FeedEOF] fill: for
// protocols of one's own, and for tests. A limit of zero means [DefaultLimit]; one
// below zero panics with [ErrLimit]. It stands for asyncio.StreamReader().
func NewReader(limit int) *Reader {
	return &Reader{in: newInput(mustLimit(limit), false)}
}

// WrapReader returns a Reader over src, a pipe say. It reads src to its end and closes
// it then, or when the Reader is closed or out of reach, or when the loop closes that
// ctx carries, if it carries one; so the caller leaves src alone. It stands for
// loop.connect_read_pipe with a StreamReaderProtocol. For limit see [NewReader].
func WrapReader(ctx context.Context, src io.ReadCloser, limit int) *Reader {
	s := &source{in: newInput(mustLimit(limit), true), src: src}
	s.tie.bind(ctx, func() { s.close(nil) })
	go s.run()
	return &Reader{in: s.in, owner: own(s)}
}

// Close ends the reading: reads return what is left, and then io.EOF. It closes the
// pipe that the Reader wraps; the Reader of a connection closes that as
// [Writer.Close] does. It does not block, and the error is always nil.
func (r *Reader) Close() error {
	if r.owner == nil {
		r.FeedEOF()
		return nil
	}
	r.owner.of.close(nil)
	return nil
}

// An owner is in reach as long as the user has an end of the stream. Goroutines of
// the stream have what is behind it, but not the owner.
type owner struct{ of closer }

type closer interface{ close(err error) }

// own returns an owner of c, which is closed once that is out of reach.
func own(c closer) *owner {
	o := &owner{c}
	runtime.AddCleanup(o, func(c closer) { c.close(nil) }, c)
	return o
}

func limitOf(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, ErrLimit
	case limit == 0:
		return DefaultLimit, nil
	default:
		return limit, nil
	}
}

func mustLimit(limit int) int {
	n, err := limitOf(limit)
	if err != nil {
		panic(err)
	}
	return n
}

// FeedData adds p to what can be read; it copies p. Any goroutine or callback may
// call it. After the end of the stream it does nothing. It stands for
// StreamReader.feed_data.
func (r *Reader) FeedData(p []byte) { r.in.feed(p) }

// FeedEOF ends the stream: reads return what is left, and then say that it is over.
// It stands for StreamReader.feed_eof.
func (r *Reader) FeedEOF() { r.in.end(nil) }

// SetError makes the stream fail: every read, one that waits included, returns err
// from now on, whatever is left to read. It stands for StreamReader.set_exception.
func (r *Reader) SetError(err error) { r.in.end(err) }

// Err returns the error with which the stream failed, nil while it has not. The end
// of a stream is no failure. It stands for StreamReader.exception.
func (r *Reader) Err() error { return r.in.failure() }

// AtEOF reports whether the stream has ended and everything was read. It stands for
// StreamReader.at_eof.
func (r *Reader) AtEOF() bool {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	return r.in.eof && r.in.buf.len() == 0
}

// Buffered returns how many bytes can be read without waiting.
func (r *Reader) Buffered() int {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	return r.in.buf.len()
}

// String describes the stream for logs.
func (r *Reader) String() string {
	in := r.in
	in.mu.Lock()
	defer in.mu.Unlock()
	words := []string{"<Reader"}
	if n := in.buf.len(); n > 0 {
		words = append(words, fmt.Sprint(n, " bytes"))
	}
	if in.eof {
		words = append(words, "eof")
	}
	if in.limit != DefaultLimit {
		words = append(words, fmt.Sprint("limit=", in.limit))
	}
	if in.waiting.Len() > 0 {
		words = append(words, "waiting")
	}
	if in.err != nil {
		words = append(words, "failed")
	}
	if in.paused {
		words = append(words, "paused")
	}
	return strings.Join(words, " ") + ">"
}
