package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

func TestCallThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := wire.Call{
			ID:       rapid.Uint64().Draw(t, "id"),
			Kind:     rapid.SampledFrom([]byte{wire.CallTask, wire.CallInit}).Draw(t, "kind"),
			Attempt:  rapid.Uint8().Draw(t, "attempt"),
			Deadline: rapid.Int64().Draw(t, "deadline"),
			Function: rapid.String().Draw(t, "function"),
			Arg:      rapid.SliceOf(rapid.Byte()).Draw(t, "arg"),
		}
		last := rapid.SampledFrom([]string{"", "another", c.Function}).Draw(t, "last")
		got, err := wire.ParseCall(append(c.AppendHead(nil), c.Arg...), last)
		require.NoError(t, err)
		require.Equal(t, c.Function, got.Function)
		require.Equal(t, append([]byte{}, c.Arg...), append([]byte{}, got.Arg...))
		c.Arg, got.Arg = nil, nil
		require.Equal(t, c, got)
	})
}

func TestResultThereAndBack(t *testing.T) {
	for _, status := range []byte{wire.ResultOK, wire.ResultError, wire.ResultHandles, wire.ReportProgress, wire.ReportLog} {
		r := wire.Result{ID: 7, Status: status, Run: 99, Body: []byte("body")}
		got, err := wire.ParseResult(append(r.AppendHead(nil), r.Body...))
		require.NoError(t, err)
		require.Equal(t, r, got)
		require.Equal(t, status >= wire.ReportProgress, got.IsReport())
	}
}

func TestMessageThereAndBack(t *testing.T) {
	m := wire.Message{Kind: wire.Fetch, ID: 1, Aux: 2, Object: [16]byte{3}, Body: []byte("body")}
	got, err := wire.ParseMessage(m.Append(nil))
	require.NoError(t, err)
	require.Equal(t, m, got)

	m.Body = []byte(strings.Repeat("x", wire.MaxControl))
	got, err = wire.ParseMessage(m.Append(nil))
	require.NoError(t, err)
	require.Len(t, got.Body, wire.MaxBody, "cut off")
}

func TestSettingsThereAndBack(t *testing.T) {
	s := wire.Settings{MemoryLimit: 1, Timeout: 2, LogLevel: -4, Pool: "pool"}
	for _, s.Labels = range []bool{false, true} {
		got, err := wire.ParseSettings(s.Append(nil))
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
	s.Timeout = -1
	_, err := wire.ParseSettings(s.Append(nil))
	require.ErrorIs(t, err, wire.ErrGarbage)
	odd := (&wire.Settings{Pool: "pool"}).Append(nil)
	odd[3*8] = 2
	_, err = wire.ParseSettings(odd)
	require.ErrorIs(t, err, wire.ErrGarbage, "neither true nor false")
}

// What a parser accepts has the same meaning when it is written again; everything
// else is ErrGarbage.

func FuzzCall(f *testing.F) {
	c := wire.Call{ID: 1, Function: "f", Arg: []byte("arg")}
	f.Add(append(c.AppendHead(nil), c.Arg...))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := wire.ParseCall(b, "last")
		if err != nil {
			require.ErrorIs(t, err, wire.ErrGarbage)
			return
		}
		require.Equal(t, b, append(c.AppendHead(nil), c.Arg...))
	})
}

func FuzzResult(f *testing.F) {
	r := wire.Result{ID: 1, Body: []byte("body")}
	f.Add(append(r.AppendHead(nil), r.Body...))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := wire.ParseResult(b)
		if err != nil {
			require.ErrorIs(t, err, wire.ErrGarbage)
			return
		}
		require.Equal(t, b, append(r.AppendHead(nil), r.Body...))
	})
}

func FuzzMessage(f *testing.F) {
	m := wire.Message{Kind: wire.Hello, Body: []byte("body")}
	f.Add(m.Append(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.ParseMessage(b)
		if err != nil {
			require.ErrorIs(t, err, wire.ErrGarbage)
			return
		}
		require.Equal(t, b, m.Append(nil))
	})
}

func FuzzSettings(f *testing.F) {
	for _, labels := range []bool{false, true} {
		s := wire.Settings{Pool: "pool", Labels: labels}
		f.Add(s.Append(nil))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := wire.ParseSettings(b)
		if err != nil {
			require.ErrorIs(t, err, wire.ErrGarbage)
			return
		}
		require.Equal(t, b, s.Append(nil))
	})
}
