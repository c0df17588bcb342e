package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"net/netip"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor/internal/codec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

func echo[T any](v T) (T, error) {
	b, err := codec.Append([]byte("front"), v)
	if err != nil {
		var zero T
		return zero, err
	}
	return codec.Decode[T](b[len("front"):], false)
}

func requireEcho[T any](t *testing.T, vs ...T) {
	t.Helper()
	for _, v := range vs {
		got, err := echo(v)
		require.NoError(t, err)
		require.Equal(t, v, got)
	}
}

type record struct {
	Name  string
	When  time.Time
	Addr  netip.Addr
	Sizes map[string]int64
	Sub   *record
	Data  []byte
	Ratio float64
	Took  time.Duration
}

type brittle struct{ How string }

func (b brittle) MarshalBinary() ([]byte, error) {
	if b.How == "panic" {
		panic("in MarshalBinary")
	}
	if b.How == "Goexit" {
		runtime.Goexit()
	}
	return []byte(b.How), nil
}

func (b *brittle) UnmarshalBinary(data []byte) error {
	if string(data) == "panic there" {
		panic("in UnmarshalBinary")
	}
	if string(data) == "Goexit there" {
		runtime.Goexit()
	}
	b.How = string(data)
	return nil
}

type list struct {
	Value int
	Next  *list
}

type marshaled struct{ secret int }

func (m *marshaled) MarshalBinary() ([]byte, error) { return []byte{byte(m.secret)}, nil }
func (m *marshaled) UnmarshalBinary(b []byte) error { m.secret = int(b[0]); return nil }

func TestValuesComeBackEqual(t *testing.T) {
	requireEcho[[]byte](t, nil, []byte{}, []byte{0, 255}, make([]byte, 1<<20))
	requireEcho[string](t, "", "höher", "not \xff utf8", strings.Repeat("x", 1<<20))
	requireEcho[int64](t, 0, -1, math.MaxInt64, math.MinInt64)
	requireEcho[float64](t, 0, 1.5, math.Inf(-1), math.SmallestNonzeroFloat64)
	requireEcho[[]float64](t, nil, []float64{}, []float64{1, math.Pi, math.Inf(1)})
	requireEcho[[]int](t, nil, []int{}, []int{0, -1, math.MaxInt, math.MinInt})
	requireEcho[int32](t, 0, -1, math.MaxInt32, math.MinInt32)
	requireEcho[uint32](t, 0, math.MaxUint32)
	requireEcho[[]uint64](t, nil, []uint64{0, math.MaxUint64})
	requireEcho[bool](t, true, false)
	requireEcho[struct{}](t, struct{}{})
	requireEcho[any](t, nil, "text", true, []any{"a", int64(1)})
	requireEcho[*marshaled](t, &marshaled{7}, nil)
	requireEcho[*list](t, nil, &list{1, &list{2, nil}})
	r := &record{
		Name: "a", Addr: netip.MustParseAddr("10.0.0.1"), Sizes: map[string]int64{"x": 1}, Data: []byte{1},
		Ratio: 0.1, Took: time.Hour, Sub: &record{Name: "b"},
	}
	got, err := echo(r)
	require.NoError(t, err)
	require.Equal(t, r, got)
	now := time.Now()
	then, err := echo(now)
	require.NoError(t, err)
	require.True(t, now.Equal(then), "to the nanosecond")
	nan, err := echo(math.NaN())
	require.NoError(t, err)
	require.True(t, math.IsNaN(nan))
}

func TestAValueThatContainsItselfIsAnError(t *testing.T) {
	loop := &list{Value: 1}
	loop.Next = loop
	_, err := echo(loop)
	require.ErrorContains(t, err, "contains itself")
	m := map[string]any{}
	m["m"] = m
	_, err = echo[any](m)
	require.ErrorContains(t, err, "contains itself")
	_, err = echo[any](make(chan int))
	require.Error(t, err)
}

// Linux file names are any bytes but zero.
func TestStringsThatAreNotUTF8Travel(t *testing.T) {
	name := "a\xff\xc0b\x80"
	requireEcho(t, struct{ Name string }{name})
	requireEcho(t, map[string]int{name: 1, "plain": 2})
	requireEcho(t, []string{name, "plain"})
	requireEcho(t, map[string][]map[string]string{name: {{name: name}}})
	requireEcho[any](t, map[string]any{name: name})
}

type (
	shape  struct{ Sides []any }
	square struct{ Side int }
	circle struct {
		R     float64
		Inner any
	}
	holder struct {
		Any   any
		More  map[string]any
		Deep  []*shape
		Array [2]any
		base
	}
	base struct{ Based any }
)

func init() {
	for _, err := range []error{
		codec.RegisterType[square]("test.square"), codec.RegisterType[*circle]("test.circle"), codec.RegisterType[brittle]("test.brittle"),
	} {
		if err != nil {
			panic(err)
		}
	}
}

func TestWhatAnyHoldsKeepsItsType(t *testing.T) {
	for _, v := range []any{
		nil, true, "text", 5, int8(-5), uint64(math.MaxUint64), int64(7), 1.5, float32(1.5), []byte("b"), []byte(nil),
		[]any{1, "a", []any{uint8(2)}},
		[]any(nil),
		map[string]any{"n": 1, "m": map[string]any{"k": nil}},
		map[string]any(nil),
		[]string{"a"},
		map[string]int{"a": 1},
		time.Minute,
		struct{}{},
		square{3},
		&circle{R: 1, Inner: square{2}}, &circle{Inner: &circle{Inner: 7}}, (*circle)(nil),
		brittle{"fine"},
	} {
		requireEcho[any](t, v)
		h := holder{Any: v, More: map[string]any{"v": v}, Deep: []*shape{nil, {[]any{v, v}}}, Array: [2]any{v, 1}, base: base{v}}
		before := h.Deep[1].Sides[0]
		requireEcho(t, h)
		require.Equal(t, before, h.Deep[1].Sides[0], "the value that was sent is as it was")
	}
	for v, says := range map[any]string{
		shape2{1}:              "register it with executor.RegisterType[codec_test.shape2]",
		complex(1, 1):          "complex128",
		[1]int{1}:              "[1]int",
		time.Month(1):          "time.Month",
		brittle{"Goexit"}:      "Goexit",
		brittle{"panic there"}: "in UnmarshalBinary",
	} {
		_, err := echo(holder{More: map[string]any{"k": v}})
		require.ErrorContains(t, err, says)
		_, err = echo[any](v)
		require.ErrorContains(t, err, says)
	}
	_, err := echo(holder{More: map[string]any{"k": shape2{}}})
	require.ErrorContains(t, err, "codec_test.holder.More[] holds")
	require.ErrorContains(t, codec.RegisterType[shape2]("test.square"), "taken")
	require.ErrorContains(t, codec.RegisterType[square]("test.square2"), "already")
	require.ErrorContains(t, codec.RegisterType[error]("test.error"), "interface")
	require.ErrorContains(t, codec.RegisterType[mixed]("test.mixed"), "target")
	refused[any](t, []byte{4, 0xd9, 0x12, 0x34, 0x01})
}

type shape2 struct{ N int }

func TestAMarshalMethodThatDoesNotReturnIsAnErrorOfItsValue(t *testing.T) {
	for how, goexit := range map[string]bool{"panic": false, "panic there": false, "Goexit": true, "Goexit there": true} {
		for _, v := range []any{brittle{how}, []brittle{{how}}, struct{ M map[string]*brittle }{map[string]*brittle{"k": {how}}}} {
			var err error
			switch v := v.(type) {
			case brittle:
				_, err = echo(v)
			case []brittle:
				_, err = echo(v)
			case struct{ M map[string]*brittle }:
				_, err = echo(v)
			}
			var pe *future.PanicError
			require.ErrorAs(t, err, &pe, how)
			require.Equal(t, goexit, pe.Goexit, how)
			require.Contains(t, string(pe.Stack), "Binary(", how)
		}
	}
	requireEcho(t, brittle{"fine"})
}

// A number that the type cannot hold, half a word, and the form of another type
// are errors and not some other value.
func TestBytesOfAnotherTypeAreRefused(t *testing.T) {
	word := func(kind byte, w uint64) []byte { return binary.LittleEndian.AppendUint64([]byte{kind}, w) }
	const kindCBOR, kindWord, kindWords = 4, 5, 6
	refused[int64](t, word(kindWord, 1)[:8], append(word(kindWord, 1), 0), word(kindWords, 1), []byte{kindCBOR, 1})
	refused[int32](t, word(kindWord, 1<<31), word(kindWord, 1<<63))
	refused[uint32](t, word(kindWord, 1<<32))
	refused[bool](t, word(kindWord, 2))
	refused[[]int](t, word(kindWords, 1)[:8], word(kindWord, 1))
	refused[[]byte](t, word(kindWord, 1), []byte{kindCBOR, 0x40})
	refused[any](t, word(kindWord, 1))
	refused[*record](t, nil, []byte{255})
}

func refused[T any](t *testing.T, all ...[]byte) {
	t.Helper()
	for _, b := range all {
		_, err := codec.Decode[T](b, false)
		require.Error(t, err, "%v %x", reflect.TypeFor[T](), b)
	}
}

func TestALongArgumentIsAppendedToABufferThatWasGivenBack(t *testing.T) {
	v := make([]byte, 2*codec.Long)
	for range 3 { // the buffers may be emptied at any time
		b, err := codec.AppendLong(nil, v)
		require.NoError(t, err)
		got, err := codec.Decode[[]byte](b, false)
		require.NoError(t, err)
		require.Equal(t, v, got)
		codec.Release(b)
	}
}

func TestWhatIsOwnedIsNotCopied(t *testing.T) {
	b, err := codec.Append(nil, []byte("abc"))
	require.NoError(t, err)
	require.True(t, codec.MayBePart(b))
	require.False(t, codec.MayRefer(b))
	owned, err := codec.Decode[[]byte](b, true)
	require.NoError(t, err)
	copied, err := codec.Decode[[]byte](b, false)
	require.NoError(t, err)
	b[1] = 'x'
	require.Equal(t, "xbc", string(owned))
	require.Equal(t, "abc", string(copied))
}

// FuzzDecode gives arbitrary bytes to whatever decodes what came from another
// process: it must end with a value or an error, not with a panic, and what is a
// value must travel on.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{4, 0xa0})
	f.Add([]byte{4, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{4, 0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Add(append([]byte{4}, []byte(strings.Repeat("\x81", 1000))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzed[*record](t, b)
		fuzzed[[]*record](t, b)
		fuzzed[*list](t, b)
		fuzzed[any](t, b)
		fuzzed[brittle](t, b)
		fuzzed[[]float64](t, b)
		fuzzed[int32](t, b)
		fuzzed[[]int](t, b)
		fuzzed[struct{}](t, b)
		fuzzed[map[string]string](t, b)
	})
}

func fuzzed[T any](t *testing.T, b []byte) {
	v, err := codec.Decode[T](b, false)
	var pe *future.PanicError
	if err != nil && errors.As(err, &pe) && !strings.HasSuffix(string(b), "there") {
		t.Fatalf("%v: %x: %v\n%s", reflect.TypeFor[T](), b, err, pe.Stack)
	}
	if err == nil {
		_, _ = codec.Append(nil, v) // a value that no encoder made may be refused
	}
}

func FuzzCarried(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1})
	b, err := codec.Carry(map[string][]byte{"tenant": []byte("acme"), "": nil}, []byte{0})
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		values, arg, err := codec.Carried(b)
		if err != nil {
			return
		}
		again, err := codec.Carry(values, arg)
		require.NoError(t, err)
		sameValues, sameArg, err := codec.Carried(again)
		require.NoError(t, err)
		require.Len(t, sameValues, len(values))
		require.True(t, bytes.Equal(arg, sameArg))
	})
}
