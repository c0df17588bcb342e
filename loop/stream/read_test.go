package stream_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

const lines = "line1\nline2\nline3\n"

// fed returns a reader that has got the chunks.
func fed(limit int, chunks ...string) *stream.Reader {
	r := stream.NewReader(limit)
	for _, chunk := range chunks {
		r.FeedData([]byte(chunk))
	}
	return r
}

// gets requires that a read returns want without an error, and leaves rest.
func gets(t *testing.T, r *stream.Reader, want, rest string, data []byte, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, want, string(data))
	holds(t, r, rest)
}

// holds requires that r has exactly rest to be read, and puts it back.
func holds(t *testing.T, r *stream.Reader, rest string) {
	t.Helper()
	require.Equal(t, len(rest), r.Buffered())
	if rest == "" {
		return
	}
	data, err := r.Read(t.Context(), len(rest))
	require.NoError(t, err)
	require.Equal(t, rest, string(data))
	r.FeedData(data)
}

func TestFeedData(t *testing.T) {
	r := stream.NewReader(0)
	r.FeedData(nil)
	require.Zero(t, r.Buffered())
	r.FeedData([]byte(lines))
	holds(t, r, lines)
}

func TestRead(t *testing.T) {
	t.Run("of nothing", func(t *testing.T) {
		r := fed(0, lines)
		data, err := r.Read(t.Context(), 0)
		gets(t, r, "", lines, data, err)
	})
	t.Run("waits for data", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := stream.NewReader(0)
			s.Soon(func() { r.FeedData([]byte(lines)) })
			data, err := r.Read(s.Ctx, 30)
			gets(t, r, lines, "", data, err)
		})
	})
	t.Run("takes no more than it is asked for", func(t *testing.T) {
		r := fed(0, "line1", "line2")
		data, err := r.Read(t.Context(), 5)
		gets(t, r, "line1", "line2", data, err)
	})
	t.Run("is told of the end", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := stream.NewReader(0)
			s.Soon(r.FeedEOF)
			data, err := r.Read(s.Ctx, 1024)
			require.ErrorIs(t, err, io.EOF)
			require.Empty(t, data)
			_, err = r.Read(s.Ctx, 1024)
			require.ErrorIs(t, err, io.EOF)
		})
	})
	t.Run("until the end", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := stream.NewReader(0)
			s.Soon(func() {
				r.FeedData([]byte("chunk1\n"))
				r.FeedData([]byte("chunk2"))
				r.FeedEOF()
			})
			data, err := r.Read(s.Ctx, -1)
			gets(t, r, "chunk1\nchunk2", "", data, err)
			data, err = r.ReadAll(s.Ctx)
			gets(t, r, "", "", data, err)
		})
	})
	t.Run("returns the error of the stream", func(t *testing.T) {
		r, why := fed(0, "line\n"), errors.New("why")
		data, err := r.Read(t.Context(), 2)
		gets(t, r, "li", "ne\n", data, err)
		r.SetError(why)
		_, err = r.Read(t.Context(), 2)
		require.Equal(t, why, err)
		_, err = r.ReadAll(t.Context())
		require.Equal(t, why, err)
	})
	t.Run("is not bound by the limit", func(t *testing.T) {
		r := fed(3, "chunk")
		data, err := r.Read(t.Context(), 5)
		gets(t, r, "chunk", "", data, err)
	})
}

func TestALimitBelowZeroIsRefused(t *testing.T) {
	require.PanicsWithError(t, stream.ErrLimit.Error(), func() { stream.NewReader(-1) })
	_, _, err := stream.OpenConnectionWith(t.Context(), "tcp", "127.0.0.1:0", stream.Options{Limit: -1})
	require.ErrorIs(t, err, stream.ErrLimit)
}

func TestReadLine(t *testing.T) {
	t.Run("waits for the rest of the line", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := fed(0, "chunk1 ")
			s.Soon(func() {
				r.FeedData([]byte("chunk2 "))
				r.FeedData([]byte("chunk3 "))
				r.FeedData([]byte("\n chunk4"))
			})
			line, err := r.ReadLine(s.Ctx)
			gets(t, r, "chunk1 chunk2 chunk3 \n", " chunk4", line, err)
		})
	})
	t.Run("returns what is there", func(t *testing.T) {
		r := fed(0, lines[:6], lines[6:])
		line, err := r.ReadLine(t.Context())
		gets(t, r, "line1\n", "line2\nline3\n", line, err)
		data, err := r.Read(t.Context(), 7)
		gets(t, r, "line2\nl", "ine3\n", data, err)
	})
	t.Run("returns the last line without a newline", func(t *testing.T) {
		r := fed(0, "some data")
		r.FeedEOF()
		line, err := r.ReadLine(t.Context())
		gets(t, r, "some data", "", line, err)
		_, err = r.ReadLine(t.Context())
		require.Equal(t, io.EOF, err)
	})
	t.Run("returns io.EOF at the end", func(t *testing.T) {
		r := stream.NewReader(0)
		r.FeedEOF()
		_, err := r.ReadLine(t.Context())
		require.Equal(t, io.EOF, err)
	})
	t.Run("returns the error of the stream", func(t *testing.T) {
		r, why := fed(0, "line\n"), errors.New("why")
		line, err := r.ReadLine(t.Context())
		gets(t, r, "line\n", "", line, err)
		r.SetError(why)
		_, err = r.ReadLine(t.Context())
		require.Equal(t, why, err)
	})
}

// overruns requires that a read failed because of the limit.
func overruns(t *testing.T, err error, found bool, consumed int) {
	t.Helper()
	var over *stream.LimitOverrunError
	require.ErrorAs(t, err, &over)
	require.Equal(t, found, over.Found)
	require.Equal(t, consumed, over.Consumed)
}

func TestTheLimitOfALine(t *testing.T) {
	t.Run("a whole line that is too long is dropped", func(t *testing.T) {
		r := fed(3, "li", "ne1\nline2\n")
		_, err := r.ReadLine(t.Context())
		overruns(t, err, true, 5)
		holds(t, r, "line2\n")
	})
	t.Run("all there is of a line that is too long is dropped", func(t *testing.T) {
		r := fed(3, "li", "ne1", "li")
		_, err := r.ReadLine(t.Context())
		overruns(t, err, false, 7)
		holds(t, r, "")
	})
	for _, tt := range []struct{ name, chunks, rest string }{
		{"a line that comes in pieces is dropped whole", "chunk1chunk2chunk3\n", ""},
		{"the next line stays", "chunk1chunk2\nchunk3\n", "chunk3\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			looptest.OnLoop(t, func(s *looptest.Scene) {
				r := stream.NewReader(7)
				s.Soon(func() {
					for at := 0; at < len(tt.chunks); at += 6 {
						r.FeedData([]byte(tt.chunks[at:min(at+6, len(tt.chunks))]))
					}
					r.FeedEOF()
				})
				_, err := r.ReadLine(s.Ctx)
				require.ErrorAs(t, err, new(*stream.LimitOverrunError))
				require.Equal(t, len(tt.rest), r.Buffered())
			})
		})
	}
	t.Run("the newline does not count", func(t *testing.T) {
		r := fed(7, "1234567\n")
		line, err := r.ReadLine(t.Context())
		gets(t, r, "1234567\n", "", line, err)
		r.FeedData([]byte("12345678\n"))
		_, err = r.ReadLine(t.Context())
		overruns(t, err, true, 8)
		holds(t, r, "")
		r.FeedData([]byte("12345678"))
		_, err = r.ReadLine(t.Context())
		overruns(t, err, false, 8)
		holds(t, r, "")
	})
}

func TestAtEOF(t *testing.T) {
	r := stream.NewReader(0)
	require.False(t, r.AtEOF())
	r.FeedData([]byte("some data\n"))
	require.False(t, r.AtEOF())
	_, err := r.ReadLine(t.Context())
	require.NoError(t, err)
	require.False(t, r.AtEOF(), "more may come")
	r.FeedData([]byte("some data\n"))
	r.FeedEOF()
	require.False(t, r.AtEOF())
	_, err = r.ReadLine(t.Context())
	require.NoError(t, err)
	require.True(t, r.AtEOF())
}

func TestReadUntil(t *testing.T) {
	t.Run("needs separators", func(t *testing.T) {
		r := fed(0, lines)
		for _, separators := range [][]string{nil, {""}, {"a", ""}} {
			_, err := r.ReadUntil(t.Context(), separators...)
			require.ErrorIs(t, err, stream.ErrSeparator)
		}
	})
	for _, tt := range []struct {
		name       string
		chunks     []string
		want, rest string
	}{
		{"at the end of the data", []string{"lineAAA"}, "lineAAA", ""},
		{"before other data", []string{"lineAAAxxx"}, "lineAAA", "xxx"},
		{"a separator in two pieces", []string{"QWEaaXYAA", "A"}, "QWEaaXYAAA", ""},
		{"after pieces of it", []string{"QWEAA", "XYA", "AA"}, "QWEAAXYAAA", ""},
		{"the separator alone", []string{"AAA"}, "AAA", ""},
		{"after one byte", []string{"XAAA"}, "XAAA", ""},
		{"byte by byte", []string{"XXX", "A", "A", "A"}, "XXXAAA", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := fed(0, tt.chunks...)
			data, err := r.ReadUntil(t.Context(), "AAA")
			gets(t, r, tt.want, tt.rest, data, err)
		})
		t.Run(tt.name+", and it comes later", func(t *testing.T) {
			looptest.OnLoop(t, func(s *looptest.Scene) {
				r := stream.NewReader(0)
				task := loop.CreateTask(s.Ctx, func(ctx context.Context) ([]byte, error) { return r.ReadUntil(ctx, "AAA") })
				for _, chunk := range tt.chunks {
					s.Turn()
					r.FeedData([]byte(chunk))
				}
				data, err := task.Await(s.Ctx)
				gets(t, r, tt.want, tt.rest, data, err)
			})
		})
	}
	t.Run("the end of the stream", func(t *testing.T) {
		r := fed(0, "some dataAA")
		r.FeedEOF()
		_, err := r.ReadUntil(t.Context(), "AAA")
		var incomplete *stream.IncompleteReadError
		require.ErrorAs(t, err, &incomplete)
		require.Equal(t, "some dataAA", string(incomplete.Partial))
		require.Zero(t, incomplete.Expected)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		holds(t, r, "")
		_, err = r.ReadUntil(t.Context(), "AAA")
		require.ErrorIs(t, err, io.EOF, "nothing was left")
	})
	t.Run("the limit leaves everything", func(t *testing.T) {
		r := fed(3, "some dataAA")
		_, err := r.ReadUntil(t.Context(), "AAA")
		overruns(t, err, false, 9)
		require.Equal(t, 11, r.Buffered())
		r.FeedData([]byte("A"))
		_, err = r.ReadUntil(t.Context(), "AAA")
		overruns(t, err, true, 9)
		data, err := r.ReadExactly(t.Context(), 9)
		gets(t, r, "some data", "AAA", data, err)
	})
}

func TestReadUntilOneOfSeveral(t *testing.T) {
	t.Run("the first in the stream", func(t *testing.T) {
		r := fed(0, "line 1\nline 2\r")
		data, err := r.ReadUntil(t.Context(), "\r", "\n")
		gets(t, r, "line 1\n", "line 2\r", data, err)
		data, err = r.ReadUntil(t.Context(), "\r", "\n")
		gets(t, r, "line 2\r", "", data, err)
	})
	t.Run("the one that ends first", func(t *testing.T) {
		r := fed(0, "ABCDEFG")
		data, err := r.ReadUntil(t.Context(), "DEF", "BCDE")
		gets(t, r, "ABCDE", "FG", data, err)
	})
	t.Run("the shorter one counts for the limit", func(t *testing.T) {
		r := fed(3, "some dataA")
		_, err := r.ReadUntil(t.Context(), "A", "ome dataA")
		overruns(t, err, true, 9)
		holds(t, r, "some dataA")
	})
	t.Run("with less data than the longer one", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := fed(0, "data")
			s.Soon(func() { r.FeedData([]byte("Z")) })
			s.Soon(func() { r.FeedData([]byte("Aaaa")) })
			data, err := r.ReadUntil(s.Ctx, "A", "long sep")
			gets(t, r, "dataZA", "aaa", data, err)
		})
	})
}

func TestReadExactly(t *testing.T) {
	t.Run("zero or less", func(t *testing.T) {
		r := fed(0, lines)
		data, err := r.ReadExactly(t.Context(), 0)
		gets(t, r, "", lines, data, err)
		_, err = r.ReadExactly(t.Context(), -1)
		require.ErrorIs(t, err, stream.ErrSize)
		holds(t, r, lines)
	})
	t.Run("waits for all of it", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := stream.NewReader(0)
			s.Soon(func() {
				for range 3 {
					r.FeedData([]byte(lines))
				}
			})
			data, err := r.ReadExactly(s.Ctx, 2*len(lines))
			gets(t, r, lines+lines, lines, data, err)
		})
	})
	t.Run("is not bound by the limit", func(t *testing.T) {
		r := fed(3, "chunk")
		data, err := r.ReadExactly(t.Context(), 5)
		gets(t, r, "chunk", "", data, err)
	})
	t.Run("the end of the stream", func(t *testing.T) {
		looptest.OnLoop(t, func(s *looptest.Scene) {
			r := stream.NewReader(0)
			s.Soon(func() {
				r.FeedData([]byte(lines))
				r.FeedEOF()
			})
			_, err := r.ReadExactly(s.Ctx, 2*len(lines))
			var incomplete *stream.IncompleteReadError
			require.ErrorAs(t, err, &incomplete)
			require.Equal(t, lines, string(incomplete.Partial))
			require.Equal(t, 36, incomplete.Expected)
			require.EqualError(t, err, "stream: the stream ended after 18 of 36 bytes")
			holds(t, r, "")
		})
	})
	t.Run("returns the error of the stream", func(t *testing.T) {
		r, why := fed(0, "line\n"), errors.New("why")
		data, err := r.ReadExactly(t.Context(), 2)
		gets(t, r, "li", "ne\n", data, err)
		r.SetError(why)
		_, err = r.ReadExactly(t.Context(), 2)
		require.Equal(t, why, err)
	})
}

func TestErr(t *testing.T) {
	r, why := stream.NewReader(0), errors.New("why")
	require.NoError(t, r.Err())
	r.SetError(why)
	require.Equal(t, why, r.Err())
}

func TestAnErrorEndsTheReadThatWaits(t *testing.T) {
	looptest.OnLoop(t, func(s *looptest.Scene) {
		r, why := stream.NewReader(0), errors.New("why")
		reader := s.Spawn(func(ctx context.Context) error { _, err := r.ReadLine(ctx); return err })
		failer := s.Spawn(func(context.Context) error { r.SetError(why); return nil })
		s.Settle(reader, failer)
		require.Equal(t, why, reader.Err())
	})
}

func TestAnErrorAfterTheReadWasCanceled(t *testing.T) {
	looptest.OnLoop(t, func(s *looptest.Scene) {
		r := stream.NewReader(0)
		task := s.Spawn(func(ctx context.Context) error { _, err := r.ReadLine(ctx); return err })
		s.Turn()
		require.Equal(t, "<Reader waiting>", r.String())
		task.Cancel()
		s.Turn()
		r.SetError(errors.New("message"))
		s.Turn()
		require.True(t, task.Canceled())
		require.Equal(t, "<Reader failed>", r.String())
	})
}

func TestACanceledReadTakesNothing(t *testing.T) {
	looptest.OnLoop(t, func(s *looptest.Scene) {
		r := fed(0, "half a ")
		task := s.Spawn(func(ctx context.Context) error { _, err := r.ReadLine(ctx); return err })
		s.Turn()
		task.Cancel()
		r.FeedData([]byte("line\n")) // at the same time
		require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
		line, err := r.ReadLine(s.Ctx)
		gets(t, r, "half a line\n", "", line, err)
	})
}

func TestOnlyOneReadWaits(t *testing.T) {
	looptest.OnLoop(t, func(s *looptest.Scene) {
		r := stream.NewReader(0)
		first := loop.CreateTask(s.Ctx, r.ReadLine)
		second := loop.CreateTask(s.Ctx, r.ReadLine)
		_, err := second.Await(s.Ctx)
		require.ErrorIs(t, err, stream.ErrConcurrentRead)
		r.FeedData([]byte("line\n"))
		line, err := first.Await(s.Ctx)
		gets(t, r, "line\n", "", line, err)
	})
}

func TestLines(t *testing.T) {
	r := fed(0, "one\ntwo\nthree")
	r.FeedEOF()
	var got []string
	for line, err := range r.Lines(t.Context()) {
		require.NoError(t, err)
		got = append(got, string(line))
	}
	require.Equal(t, []string{"one\n", "two\n", "three"}, got)

	why := errors.New("why")
	r.SetError(why)
	for _, err := range r.Lines(t.Context()) {
		require.Equal(t, why, err)
	}
}

func TestString(t *testing.T) {
	r := fed(123, "data")
	require.Equal(t, "<Reader 4 bytes limit=123>", r.String())
	r.FeedEOF()
	require.Equal(t, "<Reader 4 bytes eof limit=123>", r.String())
	require.Equal(t, "<Reader>", stream.NewReader(0).String())
}
