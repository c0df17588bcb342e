package stream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

func TestManyDrainAtOnce(t *testing.T) {
	onLoop(t, func(s *scene) {
		here, there := net.Pipe()
		_, w := stream.Wrap(s.Ctx, here, 0)
		w.SetBufferLimits(0, 0)
		_, err := w.WriteString("held up")
		s.OK(err)
		var tasks []*loop.Task[struct{}]
		for range 10 {
			tasks = append(tasks, s.Spawn(w.Drain))
		}
		s.Turns(3)
		for _, task := range tasks {
			require.False(t, task.IsDone())
		}
		read := loop.ToThread(s.Ctx, func(context.Context) ([]byte, error) {
			data := make([]byte, len("held up"))
			_, err := io.ReadFull(there, data)
			return data, err
		})
		s.Join(tasks...)
		data, err := read.Await(s.Ctx)
		s.OK(err)
		require.Equal(t, "held up", string(data))
		s.OK(w.Close())
		s.OK(w.WaitClosed(s.Ctx))
	})
}

func TestDrainFailsWhenTheOtherEndIsGone(t *testing.T) {
	here, there := pair(t)
	require.NoError(t, there.Close())
	require.Empty(t, onLoop(t, func(s *scene) {
		_, w := stream.Wrap(s.Ctx, here, 0)
		var err error
		for err == nil { // a program that looks only at what Drain says
			_, _ = w.WriteString("foo\n")
			err = w.Drain(s.Ctx)
			if err == nil {
				s.Turn()
			}
		}
		require.NotErrorIs(t, err, context.Canceled)
		require.Error(t, w.WaitClosed(s.Ctx))
	}))
}

func TestBackPressure(t *testing.T) {
	here, there := pair(t)
	onLoop(t, func(s *scene) {
		r, w := stream.Wrap(s.Ctx, here, 1000)
		const size = 1 << 24
		sent := loop.ToThread(s.Ctx, func(context.Context) (struct{}, error) {
			defer there.Close()
			_, err := there.Write(make([]byte, size))
			return struct{}{}, err
		})
		for r.Buffered() <= 2000 {
			s.Turn()
		}
		s.Turns(1000)
		require.LessOrEqual(t, r.Buffered(), 3000, "at most one read more than twice the limit")
		require.False(t, sent.IsDone(), "the other end feels it")
		require.Contains(t, r.String(), "paused")
		all, err := r.ReadAll(s.Ctx)
		s.OK(err)
		require.Len(t, all, size)
		_, err = sent.Await(s.Ctx)
		s.OK(err)
		s.OK(w.Close())
	})
}

func TestReadExactlyOfMoreThanTheLimits(t *testing.T) {
	here, there := pair(t)
	onLoop(t, func(s *scene) {
		r, w := stream.Wrap(s.Ctx, here, 10)
		_, err := there.Write(make([]byte, 1000))
		s.OK(err)
		for r.Buffered() <= 20 {
			s.Turn()
		}
		data, err := r.ReadExactly(s.Ctx, 1000)
		s.OK(err)
		require.Len(t, data, 1000)
		s.OK(there.Close())
		s.OK(w.Close())
	})
}

func TestClose(t *testing.T) {
	t.Run("sends what was written", func(t *testing.T) {
		here, there := pair(t)
		onLoop(t, func(s *scene) {
			_, w := stream.Wrap(s.Ctx, here, 0)
			const size = 1 << 26
			_, err := w.Write(make([]byte, size))
			s.OK(err)
			require.NotZero(t, w.Buffered())
			s.OK(w.Close())
			s.OK(w.Close())
			require.True(t, w.IsClosing())
			_, err = w.WriteString("too late")
			require.ErrorIs(t, err, stream.ErrConnectionLost)
			require.ErrorIs(t, w.Drain(s.Ctx), stream.ErrConnectionLost)
			all := loop.ToThread(s.Ctx, func(context.Context) (int64, error) { return io.Copy(io.Discard, there) })
			s.OK(w.WaitClosed(s.Ctx))
			n, err := all.Await(s.Ctx)
			s.OK(err)
			require.EqualValues(t, size, n)
			s.OK(there.Close())
		})
	})
	t.Run("ends the reader, after what it has", func(t *testing.T) {
		here, there := pair(t)
		onLoop(t, func(s *scene) {
			r, w := stream.Wrap(s.Ctx, here, 0)
			_, err := there.Write([]byte("unread"))
			s.OK(err)
			for r.Buffered() == 0 {
				s.Turn()
			}
			s.OK(w.Close())
			s.OK(w.WaitClosed(s.Ctx))
			require.False(t, r.AtEOF())
			data, err := r.ReadAll(s.Ctx)
			s.OK(err)
			require.Equal(t, "unread", string(data))
			require.True(t, r.AtEOF())
			s.OK(there.Close())
		})
	})
	t.Run("ends a read that waits", func(t *testing.T) {
		here, there := pair(t)
		onLoop(t, func(s *scene) {
			r, w := stream.Wrap(s.Ctx, here, 0)
			task := loop.CreateTask(s.Ctx, r.ReadAll)
			s.Turn()
			s.OK(w.Close())
			data, err := task.Await(s.Ctx)
			s.OK(err)
			require.Empty(t, data)
			s.OK(there.Close())
		})
	})
}

func TestAbortDropsWhatWasNotSent(t *testing.T) {
	here, _ := net.Pipe()
	onLoop(t, func(s *scene) {
		_, w := stream.Wrap(s.Ctx, here, 0)
		_, err := w.WriteString("never read")
		s.OK(err)
		closed := s.Spawn(w.WaitClosed)
		s.Turn()
		require.False(t, closed.IsDone())
		w.Abort()
		s.Join(closed)
		require.Zero(t, w.Buffered())
	})
}

func TestWriteEOF(t *testing.T) {
	t.Run("of a connection leaves the other direction", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			srv := serve(s, func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
				all, err := r.ReadAll(ctx)
				_, _ = w.Write(append([]byte("got "), all...))
				return err
			}, stream.ServerOptions{})
			r, w := open(s, srv, stream.Options{})
			require.True(t, w.CanWriteEOF())
			s.OK(w.WriteLines([]byte("one "), []byte("two")))
			s.OK(w.WriteEOF())
			s.OK(w.WriteEOF())
			_, err := w.WriteString("too late")
			require.ErrorIs(t, err, stream.ErrWroteEOF)
			all, err := r.ReadAll(s.Ctx)
			s.OK(err)
			require.Equal(t, "got one two", string(all))
			shut(s, srv, w)
			require.ErrorIs(t, w.WriteEOF(), stream.ErrConnectionLost)
		})
	})
	t.Run("is refused where it cannot be", func(t *testing.T) {
		here, _ := net.Pipe()
		_, w := stream.Wrap(t.Context(), here, 0)
		require.False(t, w.CanWriteEOF())
		require.ErrorIs(t, w.WriteEOF(), stream.ErrNoHalfClose)
		w.Abort()
		require.NoError(t, w.WaitClosed(t.Context()))
	})
	t.Run("closes a pipe", func(t *testing.T) {
		from, to, err := os.Pipe()
		require.NoError(t, err)
		r, w := stream.WrapReader(t.Context(), from, 1), stream.WrapWriter(t.Context(), to)
		_, err = w.WriteString("data")
		require.NoError(t, err)
		require.NoError(t, w.WriteEOF())
		require.NoError(t, w.WaitClosed(t.Context()))
		data, err := r.Read(t.Context(), -1)
		require.NoError(t, err)
		require.Equal(t, "data", string(data))
		require.Nil(t, w.Conn())
	})
}

// Tasks of a loop and goroutines use one stream at once.
func TestTasksAndGoroutinesShareAStream(t *testing.T) {
	onLoop(t, func(s *scene) {
		srv := serve(s, func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
			for line, err := range r.Lines(ctx) {
				if err != nil {
					return err
				}
				if _, err := w.Write(line); err != nil {
					return err
				}
				if err := w.Drain(ctx); err != nil {
					return err
				}
			}
			return nil
		}, stream.ServerOptions{})
		r, w := open(s, srv, stream.Options{})
		const each, writers = 200, 4
		write := func(ctx context.Context) error {
			for range each {
				if _, err := w.WriteString("a line of text\n"); err != nil {
					return err
				}
				if err := w.Drain(ctx); err != nil {
					return err
				}
			}
			return nil
		}
		var waits []future.Waitable
		for range writers / 2 {
			waits = append(waits, s.Spawn(write))
			waits = append(waits, loop.ToThread(s.Ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, write(ctx) }))
		}
		counted := loop.ToThread(s.Ctx, func(ctx context.Context) (n int, _ error) {
			for line, err := range r.Lines(ctx) {
				if err != nil || string(line) != "a line of text\n" {
					return n, errors.Join(err, errors.New(string(line)))
				}
				n++
			}
			return n, nil
		})
		err := future.WaitAll(s.Ctx, waits...)
		s.OK(err)
		s.OK(w.WriteEOF())
		n, err := counted.Await(s.Ctx)
		s.OK(err)
		require.Equal(t, each*writers, n)
		shut(s, srv, w)
	})
}

func TestAnIdleLimitIsATimeoutAroundARead(t *testing.T) {
	onLoop(t, func(s *scene) {
		srv := serve(s, func(ctx context.Context, r *stream.Reader, w *stream.Writer) error {
			err := loop.Timeout(ctx, time.Millisecond, func(ctx context.Context) error {
				_, err := r.ReadLine(ctx)
				return err
			})
			if errors.Is(err, loop.ErrTimeout) {
				_, err = w.WriteString("too slow\n")
			}
			return err
		}, stream.ServerOptions{})
		r, w := open(s, srv, stream.Options{})
		line, err := r.ReadLine(s.Ctx)
		s.OK(err)
		require.Equal(t, "too slow\n", string(line))
		shut(s, srv, w)
	})
}
