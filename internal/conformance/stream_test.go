package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// ioPort registers a port whose main runs as the main task of a loop, outside any
// bubble: what it waits for comes from the system.
func ioPort(name string, main func(s *syncScene)) bool {
	return port(name, func(o *out) {
		onLoop(o, func(ctx context.Context) { main(&syncScene{out: o, ctx: ctx}) })
	})
}

// got returns what a read returned, where Python has empty bytes at the end.
func (s *syncScene) got(data []byte, err error) string {
	if !errors.Is(err, io.EOF) {
		s.must(err)
	}
	return string(data)
}

// shown is got with a word for the end.
func (s *syncScene) shown(data []byte, err error) string {
	if got := s.got(data, err); got != "" {
		return got
	}
	return "(end)"
}

// quoted is Python's repr of a string.
func quoted(data []byte) string {
	return "'" + strings.ReplaceAll(string(data), "\n", `\n`) + "'"
}

var _ = ioPort("stream/01-read", func(s *syncScene) {
	r := stream.NewReader(0)
	r.FeedData([]byte("line1"))
	r.FeedData([]byte("line2"))
	s.Print("five:", s.shown(r.Read(s.ctx, 5)), "/ at end:", yes(r.AtEOF()))
	s.Print("zero bytes:", len(s.got(r.Read(s.ctx, 0))))
	s.Print("at most 100:", s.shown(r.Read(s.ctx, 100)))
	r.FeedData([]byte("chunk1 "))
	r.FeedData([]byte("chunk2"))
	r.FeedEOF()
	s.Print("fed and ended, at end:", yes(r.AtEOF()))
	s.Print("everything:", s.shown(r.Read(s.ctx, -1)), "/ at end:", yes(r.AtEOF()))
	s.Print("again:", s.shown(r.Read(s.ctx, 10)), "/ everything again:", len(s.got(r.Read(s.ctx, -1))))
})

var _ = ioPort("stream/02-readline", func(s *syncScene) {
	r := stream.NewReader(0)
	r.FeedData([]byte("one\ntwo\n\nthr"))
	for range 3 {
		line, err := r.ReadLine(s.ctx)
		s.must(err)
		s.Print("line:", quoted(line))
	}
	task := s.spawn(func(ctx context.Context) error {
		r.FeedData([]byte("ee\nfo"))
		err := loop.Sleep(ctx, 0)
		r.FeedData([]byte("ur"))
		r.FeedEOF()
		return err
	})
	for line, err := range r.Lines(s.ctx) {
		s.must(err)
		s.Print("line:", quoted(line))
	}
	s.Print("end, at end:", yes(r.AtEOF()))
	s.gather(task)
})

var _ = ioPort("stream/03-readline-limit", func(s *syncScene) {
	r := stream.NewReader(7)
	attempt := func() {
		line, err := r.ReadLine(s.ctx)
		if errors.As(err, new(*stream.LimitOverrunError)) {
			s.Print("line: value-error")
			return
		}
		s.Print("line:", quoted([]byte(s.got(line, err))))
	}
	r.FeedData([]byte("1234567\n"))
	attempt()
	r.FeedData([]byte("12345678\nnext\n"))
	attempt()
	attempt()
	r.FeedData([]byte("no newline yet"))
	attempt()
	r.FeedData([]byte(" and more\nlast\n"))
	attempt()
	attempt()
	r.FeedEOF()
	attempt()
})

var _ = ioPort("stream/04-readuntil", func(s *syncScene) {
	r := stream.NewReader(0)
	attempt := func(separators ...string) {
		data, err := r.ReadUntil(s.ctx, separators...)
		var incomplete *stream.IncompleteReadError
		switch {
		case errors.As(err, &incomplete):
			expected := "unknown"
			if incomplete.Expected != 0 {
				expected = fmt.Sprint(incomplete.Expected)
			}
			s.Print("data: incomplete", quoted(incomplete.Partial), "/ expected:", expected)
		case errors.Is(err, stream.ErrSeparator):
			s.Print("data: value-error")
		default:
			s.must(err)
			s.Print("data:", quoted(data))
		}
	}
	r.FeedData([]byte("key=value;other:thing;ABCDEFGlineAAline"))
	attempt("=")
	attempt(";", "=")
	attempt(";", ":")
	attempt(":", ";")
	attempt("DEF", "BCDE")
	attempt("AA")
	attempt("")
	attempt()
	r.FeedEOF()
	attempt("X")
	attempt("X")
})

var _ = ioPort("stream/05-readuntil-limit", func(s *syncScene) {
	r := stream.NewReader(3)
	attempt := func(separators ...string) (consumed int) {
		data, err := r.ReadUntil(s.ctx, separators...)
		var over *stream.LimitOverrunError
		if errors.As(err, &over) {
			s.Print("data: over the limit, consumed", over.Consumed)
			return over.Consumed
		}
		s.must(err)
		s.Print("data:", quoted(data))
		return 0
	}
	r.FeedData([]byte("some dataAA"))
	attempt("AAA")
	r.FeedData([]byte("A!"))
	consumed := attempt("AAA")
	s.Print("skipped:", s.got(r.ReadExactly(s.ctx, consumed)))
	attempt("AAA")
	s.Print("left:", s.got(r.Read(s.ctx, 10)))
	r.FeedData([]byte("some dataA"))
	attempt("A", "ome dataA")
})

var _ = ioPort("stream/06-readexactly", func(s *syncScene) {
	r := stream.NewReader(2)
	nothing := func(data []byte) string {
		if len(data) == 0 {
			return "nothing"
		}
		return string(data)
	}
	attempt := func(n int) {
		data, err := r.ReadExactly(s.ctx, n)
		var incomplete *stream.IncompleteReadError
		switch {
		case errors.As(err, &incomplete):
			s.Print("exactly", n, "-> incomplete", nothing(incomplete.Partial), "of", incomplete.Expected)
		case errors.Is(err, stream.ErrSize):
			s.Print("exactly", n, "-> value-error")
		default:
			s.must(err)
			s.Print("exactly", n, "->", nothing(data))
		}
	}
	task := s.spawn(func(ctx context.Context) error {
		for _, word := range []string{"ab", "cde", "fghij"} {
			r.FeedData([]byte(word))
			if err := loop.Sleep(ctx, 0); err != nil {
				return err
			}
		}
		return nil
	})
	attempt(7)
	attempt(0)
	attempt(-1)
	s.gather(task)
	r.FeedEOF()
	attempt(5)
	attempt(5)
})

var _ = ioPort("stream/07-one-reader-at-a-time", func(s *syncScene) {
	r := stream.NewReader(0)
	read := func(ctx context.Context, name string) error {
		s.add("%s-waits", name)
		line, err := r.ReadLine(ctx)
		if errors.Is(err, stream.ErrConcurrentRead) {
			s.add("%s-runtime-error", name)
			return nil
		}
		s.add("%s-got-%s", name, strings.TrimSpace(string(line)))
		return err
	}
	first := s.spawn(func(ctx context.Context) error { return read(ctx, "first") })
	second := s.spawn(func(ctx context.Context) error { return read(ctx, "second") })
	s.sleep(0)
	s.sleep(0)
	s.add("feed-half")
	r.FeedData([]byte("hel"))
	s.sleep(0)
	s.add("feed-rest")
	r.FeedData([]byte("lo\nmore\n"))
	s.add("fed")
	s.gather(first, second)
	s.must(read(s.ctx, "third"))
	s.Print(s.told())
})

var _ = ioPort("stream/08-cancel-a-read", func(s *syncScene) {
	r := stream.NewReader(0)
	r.FeedData([]byte("half a "))
	task := loop.CreateTask(s.ctx, r.ReadLine)
	s.sleep(0)
	task.Cancel()
	r.FeedData([]byte("li"))
	if _, err := task.Await(s.ctx); future.IsCanceled(err) {
		s.Print("first: cancelled")
	}
	err := loop.Timeout(s.ctx, 10*time.Millisecond, func(ctx context.Context) error {
		_, err := r.ReadExactly(ctx, 100)
		return err
	})
	if errors.Is(err, loop.ErrTimeout) {
		s.Print("second: timeout")
	}
	r.FeedData([]byte("ne\n"))
	s.Print("third:", strings.TrimSpace(s.got(r.ReadLine(s.ctx))))
})

var _ = ioPort("stream/09-set-exception", func(s *syncScene) {
	r := stream.NewReader(0)
	lost := errors.New("lost it")
	outcome := func(name string, data []byte, err error) {
		if errors.Is(err, lost) {
			s.Print(name, "-> error", err)
			return
		}
		s.must(err)
		s.Print(name, "->", string(data))
	}
	s.Print("exception:", someOr(r.Err(), "none"))
	r.FeedData([]byte("unfinished"))
	task := loop.CreateTask(s.ctx, r.ReadLine)
	s.sleep(0)
	r.SetError(lost)
	data, err := task.Await(s.ctx)
	outcome("waiting", data, err)
	data, err = r.Read(s.ctx, 5)
	outcome("read", data, err)
	data, err = r.ReadExactly(s.ctx, 1)
	outcome("readexactly", data, err)
	data, err = r.ReadUntil(s.ctx, "i")
	outcome("readuntil", data, err)
	data, err = r.Read(s.ctx, -1)
	outcome("everything", data, err)
	s.Print("exception:", r.Err(), "/ at end:", yes(r.AtEOF()))
})

// serve starts a server.
func (s *syncScene) serve(handler stream.Handler, network, address string, opts stream.ServerOptions) *stream.Server {
	srv, err := stream.StartServerWith(s.ctx, handler, network, address, opts)
	s.must(err)
	return srv
}

func (s *syncScene) connect(srv *stream.Server, limit int) (*stream.Reader, *stream.Writer) {
	r, w, err := stream.OpenConnectionWith(s.ctx, srv.Addr().Network(), srv.Addr().String(), stream.Options{Limit: limit})
	s.must(err)
	return r, w
}

func (s *syncScene) write(w io.Writer, data string) {
	_, err := io.WriteString(w, data)
	s.must(err)
}

// end closes streams and then the server, and waits for all of them.
func (s *syncScene) end(srv *stream.Server, ws ...*stream.Writer) {
	for _, w := range ws {
		s.must(w.Close())
		s.must(w.WaitClosed(s.ctx))
	}
	s.must(srv.Close())
	s.must(srv.WaitClosed(s.ctx))
}
