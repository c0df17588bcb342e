package executor

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// maxLine is the longest line that is passed on in one piece.
const maxLine = 64 << 10

// forward passes the worker's output on until it ends, or shortly after the
// worker did: another process may hold the pipes open.
func (w *processWorker) forward(stdout *os.File) {
	defer close(w.forwarded)
	out := &w.pool.output
	var both sync.WaitGroup
	pass := func(from *os.File, to *outlet, also *tail, read func()) {
		both.Add(1)
		to.hold()
		w.pool.carrier.Go(func() {
			defer both.Done()
			defer to.release()
			copyLines(&lastReader{pipe: from}, to.put, also)
			_ = from.Close()
			read()
			to.flush() // so that Shutdown returns after the last line
		})
	}
	pass(w.child.Stderr, out.stderr, &w.tail, func() { close(w.said) })
	if stdout != nil {
		pass(stdout, out.stdout, nil, func() {})
	}
	<-w.exited
	interrupt := time.Unix(1, 0)
	_ = w.child.Stderr.SetReadDeadline(interrupt)
	if stdout != nil {
		_ = stdout.SetReadDeadline(interrupt)
	}
	both.Wait()
}

const (
	// drainTime is how long a dead worker's output may go on. What it wrote itself is
	// in the pipe already.
	drainTime = 50 * time.Millisecond

	// drainSize is how much of a dead worker's output is read at most: more than a
	// pipe holds.
	drainSize = 1 << 20
)

// A lastReader reads a worker's output. Once the worker is dead, which a deadline of
// the pipe that has passed tells, it reads what is in the pipe however long that takes,
// for on a busy machine the reader may come late; and what other processes that hold the
// pipe write for drainTime.
type lastReader struct {
	pipe  *os.File
	until time.Time // when drainTime is over; zero while the worker lives
	size  int       // what was read since it is dead
	empty int       // how often in a row the pipe was empty since drainTime is over
}

func (r *lastReader) Read(b []byte) (int, error) {
	for {
		if !r.until.IsZero() {
			// A deadline that has passed keeps Read from looking at all. So it is set
			// anew, and not once: between that and Read much time may pass.
			_ = r.pipe.SetReadDeadline(time.Now().Add(max(time.Until(r.until), drainTime/10)))
		}
		n, err := r.pipe.Read(b)
		switch {
		case n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && r.until.IsZero():
			r.until = time.Now().Add(drainTime)
			continue
		case n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && r.empty < 2:
			if time.Now().After(r.until) {
				r.empty++
			}
			continue
		case !r.until.IsZero():
			r.empty = 0
			if r.size += n; r.size > drainSize {
				err = io.EOF
			}
		}
		return n, err
	}
}

// copyLines passes on whole lines, so that those of several workers do not mix.
func copyLines(from io.Reader, to func(lines []byte), also *tail) {
	buf := make([]byte, 0, 4096)
	emit := func(b []byte) {
		if len(b) == 0 {
			return
		}
		if also != nil {
			also.add(b)
		}
		to(b)
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		whole := bytes.LastIndexByte(buf, '\n') + 1
		if whole == 0 && len(buf) >= maxLine {
			whole = len(buf)
		}
		if err != nil {
			if whole = len(buf); whole > 0 && buf[whole-1] != '\n' {
				buf = append(buf, '\n')
				whole++
			}
		}
		emit(buf[:whole])
		buf = buf[:copy(buf, buf[whole:])]
		if err != nil {
			return
		}
	}
}
