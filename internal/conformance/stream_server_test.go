package conformance_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

const anyPort = "127.0.0.1:0"

var _ = ioPort("stream/10-echo-server", func(s *syncScene) {
	srv := s.serve(func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
		for line, err := range r.Lines(ctx) {
			if err != nil {
				return err
			}
			s.add("%s", strings.TrimSpace(string(line)))
			s.write(w, strings.ToUpper(string(line)))
			if err := w.Drain(ctx); err != nil {
				return err
			}
		}
		_ = w.Close()
		return w.WaitClosed(ctx)
	}, "tcp", anyPort, stream.ServerOptions{})
	s.Print("serving:", yes(srv.IsServing()))
	for _, name := range []string{"a", "b", "c"} {
		r, w := s.connect(srv, 0)
		var answers []string
		for n := range 3 {
			s.write(w, fmt.Sprintf("%s%d\n", name, n))
			s.must(w.Drain(s.ctx))
			answers = append(answers, strings.TrimSpace(s.got(r.ReadLine(s.ctx))))
		}
		before := yes(w.IsClosing())
		_ = w.Close()
		after := yes(w.IsClosing())
		s.must(w.WaitClosed(s.ctx))
		s.Print("closing:", before, "then", after, "/ answers:", words(answers))
	}
	s.end(srv)
	s.Print("serving:", yes(srv.IsServing()), "/ served:", s.told())
})

var _ = ioPort("stream/11-unix-server", func(s *syncScene) {
	path := filepath.Join(s.TempDir(), "s")
	exists := func() string { _, err := os.Lstat(path); return yes(err == nil) }
	srv := s.serve(func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
		data, err := r.ReadExactly(ctx, 5)
		for i := range data {
			s.write(w, string(data[len(data)-1-i]))
		}
		return err
	}, "unix", path, stream.ServerOptions{})
	s.Print("file:", exists())
	r, w := s.connect(srv, 0)
	s.write(w, "hello")
	s.Print("answer:", s.got(r.Read(s.ctx, -1)))
	s.end(srv, w)
	s.Print("file:", exists())
	if _, _, err := stream.OpenConnection(s.ctx, "unix", path); errors.Is(err, os.ErrNotExist) {
		s.Print("connecting: not-found")
	}
})

var _ = ioPort("stream/12-half-close", func(s *syncScene) {
	srv := s.serve(func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
		data, err := r.Read(ctx, -1)
		s.Print("server got", len(data), "bytes, at end:", yes(r.AtEOF()))
		fmt.Fprintf(w, "thank you for %d", len(data))
		return errors.Join(err, w.Drain(ctx))
	}, "tcp", anyPort, stream.ServerOptions{})
	r, w := s.connect(srv, 0)
	s.Print("can write eof:", yes(w.CanWriteEOF()))
	for range 100 {
		s.write(w, strings.Repeat("x", 10_000))
		s.must(w.Drain(s.ctx))
	}
	s.must(w.WriteLines([]byte("a"), []byte("b"), []byte("c")))
	s.must(w.WriteEOF())
	if _, err := w.WriteString("more"); errors.Is(err, stream.ErrWroteEOF) {
		s.Print("write: runtime-error")
	}
	s.Print("client got:", s.got(r.Read(s.ctx, -1)))
	s.end(srv, w)
})

var _ = port("stream/13-handler-outcomes", func(o *out) {
	var mu sync.Mutex
	var reports []string
	cfg := loop.Config{ExceptionHandler: func(_ *loop.Loop, ec loop.ExceptionContext) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, fmt.Sprintf("%s: %v", ec.Message, ec.Err))
	}}
	_, err := loop.RunWith(bg, cfg, func(ctx context.Context) (executor.None, error) {
		s := &syncScene{out: o, ctx: ctx}
		srv := s.serve(func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
			word, err := r.ReadLine(ctx)
			if err != nil {
				return err
			}
			switch string(word) {
			case "fail\n":
				return errors.New("boom")
			case "cancel\n":
				loop.CurrentTask(ctx).Cancel()
				return loop.Sleep(ctx, 600*time.Second)
			}
			s.write(w, "fine\n")
			return nil
		}, "tcp", anyPort, stream.ServerOptions{})
		for _, word := range []string{"fail", "cancel", "work"} {
			r, w := s.connect(srv, 0)
			s.write(w, word+"\n")
			answer := strings.TrimSpace(s.got(r.Read(ctx, -1)))
			if answer == "" {
				answer = "closed"
			}
			s.Print(word, "->", answer)
			_ = w.Close()
			s.must(w.WaitClosed(ctx))
		}
		s.end(srv)
		return executor.None{}, nil
	})
	require.NoError(o, err)
	o.Print("reports:", strings.Join(reports, " / "))
})

var _ = ioPort("stream/14-write-after-close", func(s *syncScene) {
	srv := s.serve(func(ctx context.Context, r *stream.Reader, _ *stream.Writer) error {
		_, err := r.Read(ctx, -1)
		return err
	}, "tcp", anyPort, stream.ServerOptions{})
	r, w := s.connect(srv, 0)
	s.must(w.Drain(s.ctx))
	s.Print("drained")
	reading := loop.CreateTask(s.ctx, func(ctx context.Context) ([]byte, error) { return r.Read(ctx, -1) })
	s.sleep(0)
	_ = w.Close()
	_ = w.Close()
	s.must(w.WaitClosed(s.ctx))
	s.Print("the read that waited:", len(s.got(reading.Await(s.ctx))), "bytes / at end:", yes(r.AtEOF()))
	_, _ = w.WriteString("too late")
	if err := w.Drain(s.ctx); errors.Is(err, stream.ErrConnectionLost) {
		s.Print("drain: connection lost")
	}
	s.must(w.WaitClosed(s.ctx))
	s.Print("waited again")
	s.end(srv)
})

var _ = ioPort("stream/15-serve-forever", func(s *syncScene) {
	srv := s.serve(func(_ context.Context, _ *stream.Reader, w *stream.Writer) error {
		_, err := w.WriteString("hi")
		return err
	}, "tcp", anyPort, stream.ServerOptions{Paused: true})
	s.Print("serving:", yes(srv.IsServing()))
	task := s.spawn(srv.Serve)
	s.sleep(0)
	s.Print("serving:", yes(srv.IsServing()))
	if errors.Is(srv.Serve(s.ctx), stream.ErrServing) {
		s.Print("second: runtime-error")
	}
	r, w := s.connect(srv, 0)
	s.Print("client got:", s.got(r.Read(s.ctx, -1)))
	_ = w.Close()
	s.must(w.WaitClosed(s.ctx))
	task.Cancel()
	if _, err := task.Await(s.ctx); future.IsCanceled(err) {
		s.Print("cancelled, serving:", yes(srv.IsServing()))
	}
	if errors.Is(srv.Serve(s.ctx), stream.ErrServerClosed) {
		s.Print("third: runtime-error")
	}
	s.must(srv.WaitClosed(s.ctx))
	s.Print("closed")
})

var _ = ioPort("stream/16-back-pressure", func(s *syncScene) {
	const size = 3_000_000
	pattern := make([]byte, 1000)
	for i := range pattern {
		pattern[i] = byte(i * 7 % 251)
	}
	data := bytes.Repeat(pattern, size/1000)
	srv := s.serve(func(ctx context.Context, _ *stream.Reader, w *stream.Writer) error {
		for at := 0; at < size; at += 100_000 {
			if _, err := w.Write(data[at : at+100_000]); err != nil {
				return err
			}
			if err := w.Drain(ctx); err != nil {
				return err
			}
		}
		_ = w.Close()
		return w.WaitClosed(ctx)
	}, "tcp", anyPort, stream.ServerOptions{})
	r, w := s.connect(srv, 1000)
	digest, n := sha256.New(), 0
	add := func(block []byte) {
		digest.Write(block)
		n += len(block)
	}
	head, err := r.ReadExactly(s.ctx, 50_000)
	s.must(err)
	add(head)
	s.sleep(50 * time.Millisecond)
	for {
		block, err := r.Read(s.ctx, 10_000)
		if errors.Is(err, io.EOF) {
			break
		}
		s.must(err)
		add(block)
	}
	want := sha256.Sum256(data)
	s.Print("bytes:", n, "/ all there:", yes(bytes.Equal(digest.Sum(nil), want[:])))
	s.end(srv, w)
})
