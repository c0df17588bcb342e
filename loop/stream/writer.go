package stream

import (
	"context"
	"io"
	"net"
	"runtime"
)

// A Writer is the writing end of a stream. Write never waits: what cannot be sent at
// once is kept and sent in the background. Call [Writer.Drain] after it, which waits
// while there is too much of that. It is an io.Writer and an io.Closer, and stands for
// asyncio.StreamWriter.
//
// Tasks and goroutines may use it at once; each Write stays in one piece.
type Writer struct {
	out   *output
	link  *link // nil for one that is no connection
	owner *owner
}

// WrapWriter returns a Writer over dst, a pipe say, which it closes at the end. When
// the loop closes that ctx carries, if it carries one, the Writer is aborted. It stands
// for loop.connect_write_pipe.
func WrapWriter(ctx context.Context, dst io.WriteCloser) *Writer {
	out := newOutput(dst)
	out.bind(ctx)
	return &Writer{out: out, owner: own(out)}
}

// Write sends p, or keeps a copy of what cannot be sent now. It does not block. It
// returns the error with which the stream failed, [ErrConnectionLost] after Close, or
// [ErrWroteEOF]; asyncio says so only in drain, which says it here too. Any task,
// goroutine or callback may call it. It stands for StreamWriter.write.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.out.write(p)
	runtime.KeepAlive(w.owner)
	return n, err
}

// WriteString is [Writer.Write] for a string; it makes Writer an io.StringWriter.
func (w *Writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// WriteLines writes each of the lines, as they are. It stands for
// StreamWriter.writelines.
func (w *Writer) WriteLines(lines ...[]byte) error {
	var all []byte
	for _, line := range lines {
		all = append(all, line...)
	}
	_, err := w.Write(all)
	return err
}

// Buffered returns how many bytes wait to be sent. It stands for
// transport.get_write_buffer_size.
func (w *Writer) Buffered() int {
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	return w.out.pending()
}

// SetBufferLimits says when [Writer.Drain] waits: once more than high bytes are to be
// sent, until no more than low are. Less than zero means the default, which is 64 KiB
// for high and a quarter of high for low. Low is high at most. It stands for
// transport.set_write_buffer_limits.
func (w *Writer) SetBufferLimits(high, low int) {
	if high < 0 {
		high = defaultHigh
	}
	if low < 0 {
		low = high / 4
	}
	o := w.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.high, o.low = high, min(low, high)
	switch {
	case o.pending() > o.high && !o.over:
		o.paused = true
	case o.pending() <= o.low && o.paused:
		o.paused = false
		o.drains.PopAll()
	}
}

// Drain waits until it makes sense to write on: while too much waits to be sent; see
// [Writer.SetBufferLimits]. Nearly always it returns at once.
//
// In a task it suspends the task, in a plain goroutine it blocks the goroutine, in a
// bare callback it returns loop.ErrWouldBlock instead of waiting. If ctx is done, or
// the task is canceled, while it waits, it returns that; what was written is sent all
// the same. If the stream failed, on the reading side too, it returns that error, and
// after Close [ErrConnectionLost]. Several may drain at once. It stands for
// StreamWriter.drain.
func (w *Writer) Drain(ctx context.Context) error {
	o := w.out
	if o.peer != nil {
		if err := o.peer.failure(); err != nil {
			return err
		}
	}
	for {
		o.mu.Lock()
		closing, paused := o.closing, o.paused
		err := o.whyOver()
		o.mu.Unlock()
		if closing {
			return err
		}
		if !paused {
			return nil
		}
		if err := o.wait(ctx, "Writer.Drain", &o.drains, mustDrain, w.owner); err != nil {
			return err
		}
	}
}

func mustDrain(o *output) bool { return o.paused && !o.closing }

// Close closes the stream, its reading end included, once everything that was written
// is sent. It does not wait for that; [Writer.WaitClosed] does. What comes in meanwhile
// is dropped, and then the Reader is at its end; what it had is still there. Closing
// again does nothing. The error is always nil. Any task, goroutine or callback may
// call it. It stands for StreamWriter.close.
func (w *Writer) Close() error {
	w.out.close(nil)
	return nil
}

// Abort closes the stream at once; what was not sent is lost. It does not block, and
// stands for transport.abort.
func (w *Writer) Abort() { w.out.abort() }

// IsClosing reports whether the stream is closed, or is about to be. It stands for
// StreamWriter.is_closing.
func (w *Writer) IsClosing() bool {
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	return w.out.closing
}

// WaitClosed waits until the stream is closed, by either end, and returns the error with
// which it failed, if it did. It waits like [Writer.Drain], and stands for
// StreamWriter.wait_closed.
func (w *Writer) WaitClosed(ctx context.Context) error {
	o := w.out
	for {
		o.mu.Lock()
		closed, err := o.closed, o.err
		o.mu.Unlock()
		if closed {
			return err
		}
		if err := o.wait(ctx, "Writer.WaitClosed", &o.closes, mustWaitClosed, w.owner); err != nil {
			return err
		}
	}
}

func mustWaitClosed(o *output) bool { return !o.closed }

// Conn returns the connection below, for its addresses and options; nil if there is
// none. What is read or written there is missing in the stream, or in its midst. It stands for
// StreamWriter.get_extra_info and StreamWriter.transport.
func (w *Writer) Conn() net.Conn {
	if w.link == nil {
		return nil
	}
	return w.link.netConn()
}

// A halfCloser can tell the other end that no more comes.
type halfCloser interface{ CloseWrite() error }

// CanWriteEOF reports whether [Writer.WriteEOF] works here. It stands for
// StreamWriter.can_write_eof.
func (w *Writer) CanWriteEOF() bool { return w.out.canWriteEOF() }

func (o *output) canWriteEOF() bool {
	_, ok := o.dst.(halfCloser)
	return ok || o.peer == nil
}

// WriteEOF tells the other end, once everything is sent, that no more comes; what that
// sends can still be read. A pipe is closed by it. It does not block; a second call
// does nothing. It returns [ErrNoHalfClose] where that cannot be, and
// [ErrConnectionLost] after Close. It stands for StreamWriter.write_eof.
func (w *Writer) WriteEOF() error {
	o := w.out
	if !o.canWriteEOF() {
		return ErrNoHalfClose
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closing:
		return o.whyOver()
	case o.wroteEOF:
		return nil
	}
	o.wroteEOF = true
	o.startSending() // which sees to it when there is nothing to send
	return nil
}

// closeWrite is the end of what WriteEOF began.
func (o *output) closeWrite() {
	half, ok := o.dst.(halfCloser)
	if !ok {
		o.end(nil)
		return
	}
	if err := half.CloseWrite(); err != nil {
		o.end(err)
	}
}

// String describes the stream for logs.
func (w *Writer) String() string {
	conn := w.Conn()
	if conn == nil {
		return "<Writer>"
	}
	return "<Writer " + conn.LocalAddr().Network() + " " + conn.RemoteAddr().String() + ">"
}
