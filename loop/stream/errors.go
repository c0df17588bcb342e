package stream

import (
	"errors"
	"fmt"
	"io"
	"net"
)

var (
	// ErrConnectionLost is returned by a write or a drain on a stream that was
	// closed, or whose other end is gone. errors.Is finds net.ErrClosed in it. It
	// stands for ConnectionResetError("Connection lost").
	ErrConnectionLost = fmt.Errorf("stream: the connection is lost, or was closed here: %w", net.ErrClosed)

	// ErrWroteEOF is returned by a write after [Writer.WriteEOF].
	ErrWroteEOF = errors.New("stream: write after WriteEOF")

	// ErrNoHalfClose is returned by [Writer.WriteEOF] where the end cannot be told
	// without closing the whole stream. Ask [Writer.CanWriteEOF].
	ErrNoHalfClose = errors.New("stream: the stream cannot be closed for writing alone")

	// ErrNoStartTLS is returned by [Writer.StartTLS] on a stream that is no
	// connection, or one by TLS already.
	ErrNoStartTLS = errors.New("stream: StartTLS needs a plain connection")

	// ErrConcurrentRead is returned by a read that would have to wait while another
	// task or goroutine waits in a read of the same stream: which of them got the
	// data would be chance. Let one task read and hand on what it got.
	ErrConcurrentRead = errors.New("stream: another read of this stream is waiting for data: let one task read")

	// ErrLimit is returned, or panicked with, for a limit below zero.
	ErrLimit = errors.New("stream: a limit cannot be negative: leave it zero for the default")

	// ErrSeparator is returned by [Reader.ReadUntil] without a separator, or with
	// an empty one.
	ErrSeparator = errors.New("stream: ReadUntil needs separators of at least one byte")

	// ErrSize is returned by [Reader.ReadExactly] for a size below zero.
	ErrSize = errors.New("stream: the size to read cannot be negative")

	// ErrServerClosed is returned by [Server.StartServing] and [Server.Serve] once the
	// server was closed.
	ErrServerClosed = errors.New("stream: the server is closed")

	// ErrServing is returned by [Server.Serve] while another call of it runs.
	ErrServing = errors.New("stream: another call of Serve runs on this server")
)

// An IncompleteReadError says that the stream ended before a read had what it was
// asked for. What had come is in Partial, and no longer in the stream.
//
// errors.Is finds io.EOF in it if nothing had come, a clean end between two
// messages, and io.ErrUnexpectedEOF if the end was in the middle of one. It stands
// for asyncio.IncompleteReadError.
type IncompleteReadError struct {
	Partial  []byte
	Expected int // how many bytes were asked for; zero if that is not known
}

// Error returns one line.
func (e *IncompleteReadError) Error() string {
	if e.Expected == 0 {
		return fmt.Sprintf("stream: the stream ended after %d bytes, before a separator", len(e.Partial))
	}
	return fmt.Sprintf("stream: the stream ended after %d of %d bytes", len(e.Partial), e.Expected)
}

// Unwrap returns io.EOF or io.ErrUnexpectedEOF.
func (e *IncompleteReadError) Unwrap() error {
	if len(e.Partial) == 0 {
		return io.EOF
	}
	return io.ErrUnexpectedEOF
}

// A LimitOverrunError says that there is more data before the next separator than
// the stream's limit allows: the other end sends what it should not, or the limit is
// too low. It stands for asyncio.LimitOverrunError, and for the ValueError of readline.
type LimitOverrunError struct {
	// Consumed is how many bytes are before the separator or, if that has not
	// come, cannot be part of it. [Reader.ReadUntil] leaves them in the stream,
	// where ReadExactly finds them; ReadLine does not.
	Consumed int
	Limit    int
	Found    bool // the separator has come
}

// Error returns one line.
func (e *LimitOverrunError) Error() string {
	what := "no separator is"
	if e.Found {
		what = "the separator is not"
	}
	return fmt.Sprintf("stream: %s within the limit of %d bytes: set a higher Limit, or read by size", what, e.Limit)
}
