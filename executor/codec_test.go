package executor_test

import (
	"context"
	"encoding/binary"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// echo registers a function that returns its argument, and returns one that sends
// a value through it in its encoded form, there and back.
func echo[T any](name string) func(t *testing.T, v T) (T, error) {
	f := executor.Register(name, func(_ context.Context, v T) (T, error) { return v, nil })
	return func(t *testing.T, v T) (T, error) {
		t.Helper()
		m := &manual{encode: true}
		fut, err := executor.Submit(t.Context(), m, f.Bind(v))
		require.NoError(t, err)
		if len(m.jobs) == 0 {
			return fut.Result()
		}
		function, arg, err := m.jobs[0].Encode()
		require.NoError(t, err)
		require.True(t, m.jobs[0].Start())
		executor.Invoke(t.Context(), function, arg, func(r []byte, err error) {
			if err != nil {
				m.jobs[0].Fail(err)
				return
			}
			_ = m.jobs[0].Resolve(r)
		})
		return fut.Result()
	}
}

type record struct {
	Name  string
	When  time.Time
	Addr  netip.Addr
	Sizes map[string]int64
	Sub   *record
	Any   any
	Data  []byte
	Ratio float64
	Took  time.Duration
}

type brittle struct{ How string }

func (b brittle) MarshalBinary() ([]byte, error) {
	if b.How == "panic" {
		panic("in MarshalBinary")
	}
	return []byte(b.How), nil
}

func (b *brittle) UnmarshalBinary(data []byte) error {
	if string(data) == "panic there" {
		panic("in UnmarshalBinary")
	}
	b.How = string(data)
	return nil
}

var (
	echoBytes   = echo[[]byte]("test.echo.bytes")
	echoString  = echo[string]("test.echo.string")
	echoInt     = echo[int64]("test.echo.int")
	echoFloat   = echo[float64]("test.echo.float")
	echoRecord  = echo[*record]("test.echo.record")
	echoNone    = echo[executor.None]("test.echo.none")
	echoAny     = echo[any]("test.echo.any")
	echoList    = echo[*list]("test.echo.list")
	echoBrittle = echo[brittle]("test.echo.brittle")
	echoHandle  = echo[*marshaled]("test.echo.handle")
	echoTime    = echo[time.Time]("test.echo.time")
	echoFloats  = echo[[]float64]("test.echo.floats")
	echoInts    = echo[[]int]("test.echo.ints")
	echoInt32   = echo[int32]("test.echo.int32")
	echoUint32  = echo[uint32]("test.echo.uint32")
	echoUint64s = echo[[]uint64]("test.echo.uint64s")
	echoBool    = echo[bool]("test.echo.bool")
)

func requireEcho[T any](t *testing.T, echo func(*testing.T, T) (T, error), vs ...T) {
	t.Helper()
	for _, v := range vs {
		got, err := echo(t, v)
		require.NoError(t, err)
		require.Equal(t, v, got)
	}
}

func TestValuesComeBackEqual(t *testing.T) {
	requireEcho(t, echoBytes, nil, []byte{}, []byte{0, 255}, make([]byte, 1<<20))
	requireEcho(t, echoString, "", "höher", "not \xff utf8", strings.Repeat("x", 1<<20))
	requireEcho(t, echoInt, 0, -1, math.MaxInt64, math.MinInt64)
	requireEcho(t, echoFloat, 0, 1.5, math.Inf(-1), math.SmallestNonzeroFloat64)
	requireEcho(t, echoFloats, nil, []float64{}, []float64{1, math.Pi, math.Inf(1)})
	requireEcho(t, echoInts, nil, []int{}, []int{0, -1, math.MaxInt, math.MinInt})
	requireEcho(t, echoInt32, 0, -1, math.MaxInt32, math.MinInt32)
	requireEcho(t, echoUint32, 0, math.MaxUint32)
	requireEcho(t, echoUint64s, nil, []uint64{0, math.MaxUint64})
	requireEcho(t, echoBool, true, false)
	requireEcho(t, echoNone, executor.None{})
	requireEcho[any](t, echoAny, nil, "text", true, []any{"a", int64(1)})
	requireEcho(t, echoHandle, &marshaled{7}, nil)
	requireEcho(t, echoList, nil, &list{1, &list{2, nil}})
	r := &record{
		Name: "a", Addr: netip.MustParseAddr("10.0.0.1"), Sizes: map[string]int64{"x": 1}, Data: []byte{1},
		Ratio: 0.1, Took: time.Hour, Sub: &record{Name: "b", Any: "any"},
	}
	got, err := echoRecord(t, r)
	require.NoError(t, err)
	require.Equal(t, r, got)
	now := time.Now()
	then, err := echoTime(t, now)
	require.NoError(t, err)
	require.True(t, now.Equal(then), "to the nanosecond")
	nan, err := echoFloat(t, math.NaN())
	require.NoError(t, err)
	require.True(t, math.IsNaN(nan))
}

func TestAValueThatContainsItselfIsAnErrorOfItsFuture(t *testing.T) {
	loop := &list{Value: 1}
	loop.Next = loop
	_, err := echoList(t, loop)
	var ee *executor.EncodeError
	require.ErrorAs(t, err, &ee)
	require.ErrorContains(t, err, "contains itself")
	require.ErrorContains(t, err, "test.echo.list")
	m := map[string]any{}
	m["m"] = m
	_, err = echoAny(t, m)
	require.ErrorAs(t, err, &ee)
	_, err = echoAny(t, make(chan int))
	require.ErrorAs(t, err, &ee)
}

func TestAMarshalMethodThatPanicsIsAnErrorOfItsFuture(t *testing.T) {
	_, err := echoBrittle(t, brittle{"panic"})
	require.ErrorContains(t, err, "in MarshalBinary")
	_, err = echoBrittle(t, brittle{"panic there"})
	require.ErrorContains(t, err, "in UnmarshalBinary")
	requireEcho(t, echoBrittle, brittle{"fine"})
}

// A number that the type cannot hold, half a word, and the form of another type
// are errors and not some other value.
func TestBytesOfAnotherTypeAreRefused(t *testing.T) {
	word := func(kind byte, w uint64) []byte { return binary.LittleEndian.AppendUint64([]byte{kind}, w) }
	const kindCBOR, kindWord, kindWords = 4, 5, 6
	for name, args := range map[string][][]byte{
		"test.echo.int":    {word(kindWord, 1)[:8], append(word(kindWord, 1), 0), word(kindWords, 1), {kindCBOR, 1}},
		"test.echo.int32":  {word(kindWord, 1<<31), word(kindWord, 1<<63)},
		"test.echo.uint32": {word(kindWord, 1<<32)},
		"test.echo.bool":   {word(kindWord, 2)},
		"test.echo.ints":   {word(kindWords, 1)[:8], word(kindWord, 1)},
		"test.echo.bytes":  {word(kindWord, 1), {kindCBOR, 0x40}},
		"test.echo.any":    {word(kindWord, 1)},
	} {
		for _, arg := range args {
			executor.Invoke(t.Context(), name, arg, func(_ []byte, err error) {
				var de *executor.DecodeError
				require.ErrorAs(t, err, &de, "%s %x", name, arg)
			})
		}
	}
}

// FuzzDecode gives arbitrary bytes to whatever decodes what came from another
// process: it must end with an error, not with a panic.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{4, 0xa0})
	f.Add([]byte{4, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{4, 0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Add(append([]byte{4}, []byte(strings.Repeat("\x81", 1000))...))
	f.Add(executor.EncodeRemoteError(&future.PanicError{Value: errTest, Stack: []byte("stack")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, name := range []string{"test.echo.record", "test.echo.list", "test.echo.any", "test.echo.brittle", "test.echo.floats", "test.echo.int32", "test.echo.ints", "test.echo.record[]", "test.echo.none"} {
			answered := 0
			executor.Invoke(t.Context(), name, b, func([]byte, error) { answered++ })
			require.Equal(t, 1, answered)
		}
		err := executor.DecodeRemoteError(b)
		require.Error(t, err)
		_ = err.Error()
		again := executor.DecodeRemoteError(executor.EncodeRemoteError(err))
		require.Error(t, again)
	})
}
