package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// A reference is a stream of which everything has come, read in the simplest way.
type reference struct {
	data  []byte
	limit int
}

// until returns what readuntil returns: it looks at every end of every prefix.
func (r *reference) until(separators ...string) ([]byte, error) {
	longest := 0
	for _, sep := range separators {
		longest = max(longest, len(sep))
	}
	for end := 1; end <= len(r.data); end++ {
		start := -1 // of the shortest that ends here
		for _, sep := range separators {
			if bytes.HasSuffix(r.data[:end], []byte(sep)) {
				start = max(start, end-len(sep))
			}
		}
		if start < 0 {
			continue
		}
		if start > r.limit {
			return nil, &stream.LimitOverrunError{Consumed: start, Limit: r.limit, Found: true}
		}
		line := r.data[:end]
		r.data = r.data[end:]
		return line, nil
	}
	if free := max(0, len(r.data)+1-longest); free > r.limit {
		return nil, &stream.LimitOverrunError{Consumed: free, Limit: r.limit}
	}
	partial := r.data
	r.data = nil
	return nil, &stream.IncompleteReadError{Partial: partial}
}

func (r *reference) line() ([]byte, error) {
	line, err := r.until("\n")
	var incomplete *stream.IncompleteReadError
	var over *stream.LimitOverrunError
	switch {
	case errors.As(err, &incomplete) && len(incomplete.Partial) == 0:
		return nil, io.EOF
	case errors.As(err, &incomplete):
		return incomplete.Partial, nil
	case errors.As(err, &over) && over.Found:
		r.data = r.data[over.Consumed+1:]
	case err != nil:
		r.data = nil
	}
	return line, err
}

// FuzzReadUntil reads the same data with a Reader and with the reference, by all kinds
// of reads, and compares every result.
func FuzzReadUntil(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\r\nthree"), []byte{0, 1, 2, 3, 0}, 5, "\r\n", "\n")
	f.Add([]byte("aaabaaab"), []byte{1, 1, 1}, 1, "aab", "ab")
	f.Add([]byte("ABCDEFG"), []byte{1, 0}, 100, "DEF", "BCDE")
	f.Add([]byte("\n\n\n"), []byte{0, 0, 0, 0}, 1, "\n", "x")
	f.Fuzz(func(t *testing.T, data, ops []byte, limit int, one, two string) {
		if one == "" || two == "" || limit <= 0 || len(data) > 1<<12 || len(ops) > 100 {
			return
		}
		r := fed(limit)
		// In pieces, so that a buffer grows and is compacted.
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+len(rest)/3)
			r.FeedData(rest[:n])
			rest = rest[n:]
		}
		r.FeedEOF()
		ref := &reference{data: data, limit: limit}
		for _, op := range ops {
			var got, want []byte
			var err, wantErr error
			switch op % 4 {
			case 0:
				got, err = r.ReadLine(t.Context())
				want, wantErr = ref.line()
			case 1:
				got, err = r.ReadUntil(t.Context(), one, two)
				want, wantErr = ref.until(one, two)
			case 2:
				got, err = r.ReadUntil(t.Context(), one)
				want, wantErr = ref.until(one)
			case 3:
				n := min(int(op/4), len(ref.data))
				got, err = r.ReadExactly(t.Context(), n)
				want, ref.data = ref.data[:n], ref.data[n:]
			}
			require.Equal(t, string(want), string(got))
			if incomplete := (*stream.IncompleteReadError)(nil); errors.As(err, &incomplete) && len(incomplete.Partial) == 0 {
				incomplete.Partial = nil // nil or empty is the same
			}
			if incomplete := (*stream.IncompleteReadError)(nil); errors.As(wantErr, &incomplete) && len(incomplete.Partial) == 0 {
				incomplete.Partial = nil
			}
			require.Equal(t, wantErr, err)
			require.Equal(t, len(ref.data), r.Buffered())
		}
	})
}

// FuzzReadUntilWhileDataComes splits data at the separators, while it comes in pieces,
// and compares with what bytes.SplitAfter finds in the whole.
func FuzzReadUntilWhileDataComes(f *testing.F) {
	f.Add([]byte("one\r\ntwo\r\n\r\nthree\r"), []byte{1, 3, 1, 1, 7}, "\r\n")
	f.Add([]byte("aaaaab"), []byte{1, 1, 1, 1}, "aab")
	f.Fuzz(func(t *testing.T, data, sizes []byte, sep string) {
		if sep == "" || len(data) > 1<<12 {
			return
		}
		want := bytes.SplitAfter(data, []byte(sep))
		r := stream.NewReader(1 << 20)
		go func(data []byte) {
			defer r.FeedEOF()
			for _, size := range sizes {
				n := min(int(size%16), len(data))
				r.FeedData(data[:n])
				data = data[n:]
			}
			r.FeedData(data)
		}(data)
		got := splitAll(t.Context(), t, r, sep)
		require.Equal(t, want[:len(want)-1], got[:len(got)-1])
		require.Equal(t, string(want[len(want)-1]), string(got[len(got)-1]))
	})
}

// splitAll reads everything up to the end.
func splitAll(ctx context.Context, t *testing.T, r *stream.Reader, sep string) (all [][]byte) {
	t.Helper()
	for {
		part, err := r.ReadUntil(ctx, sep)
		var incomplete *stream.IncompleteReadError
		if errors.As(err, &incomplete) {
			return append(all, incomplete.Partial)
		}
		require.NoError(t, err)
		all = append(all, part)
	}
}
