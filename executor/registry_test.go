package executor_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

type (
	hidden   struct{ a, b int } //nolint:unused // unexported fields are the point
	withChan struct{ Inner struct{ C chan int } }
	skipped  struct {
		C chan int `cbor:"-"`
		n int      `cbor:"-"` //nolint:unused // it is there to be skipped
		N int
	}
	marshaled struct{ secret int }
	embeds    struct{ hiddenBase }
	list      struct {
		Value int
		Next  *list
	}
)

type hiddenBase struct{ Shown int }

func (m *marshaled) MarshalBinary() ([]byte, error) { return []byte{byte(m.secret)}, nil }
func (m *marshaled) UnmarshalBinary(b []byte) error { m.secret = int(b[0]); return nil }

func register[A any](name string) {
	executor.Register(name, func(context.Context, A) (executor.None, error) { return executor.None{}, nil })
}

func TestRegisterRefusesWhatCannotTravelWhenTheProgramStarts(t *testing.T) {
	for name, c := range map[string]struct {
		register func()
		says     []string
	}{
		"test.bad.chan":      {func() { register[chan int]("test.bad.chan") }, []string{"test.bad.chan", "argument", "channel", "shared.Queue"}},
		"test.bad.func":      {func() { register[[]func()]("test.bad.func") }, []string{"[]func()[] is a func", "register that function"}},
		"test.bad.unsafe":    {func() { register[map[string]unsafe.Pointer]("test.bad.unsafe") }, []string{"address", "package shared"}},
		"test.bad.uintptr":   {func() { register[*uintptr]("test.bad.uintptr") }, []string{"address"}},
		"test.bad.complex":   {func() { register[complex128]("test.bad.complex") }, []string{"complex"}},
		"test.bad.hidden":    {func() { register[hidden]("test.bad.hidden") }, []string{"hidden.a is an unexported field", "MarshalBinary"}},
		"test.bad.nested":    {func() { register[withChan]("test.bad.nested") }, []string{"withChan.Inner.C is a channel"}},
		"test.bad.interface": {func() { register[error]("test.bad.interface") }, []string{"interface error", "concrete"}},
		"test.bad.result": {func() {
			executor.RegisterNoArg("test.bad.result", func(context.Context) (map[[1]chan int]int, error) { return nil, nil })
		}, []string{"test.bad.result", "result", "key"}},
		"test.bad.twice":       {func() { register[int]("test.bad.twice"); register[int]("test.bad.twice") }, []string{`"test.bad.twice"`, "already", "another name"}},
		"test.bad.empty":       {func() { register[int]("") }, []string{"name"}},
		"test.bad.chunk":       {func() { register[int]("test.bad.chunk[]") }, []string{`"test.bad.chunk[]"`, "Map"}},
		"test.bad.nil":         {func() { executor.Register[int, int]("test.bad.nil", nil) }, []string{"test.bad.nil", "nil"}},
		"test.bad.nilNoArg":    {func() { executor.RegisterNoArg[int]("test.bad.nilNoArg", nil) }, []string{"test.bad.nilNoArg", "nil"}},
		"test.bad.nilNoResult": {func() { executor.RegisterNoResult[int]("test.bad.nilNoResult", nil) }, []string{"test.bad.nilNoResult", "nil"}},
		"test.bad.nilAction":   {func() { executor.RegisterAction("test.bad.nilAction", nil) }, []string{"test.bad.nilAction", "nil"}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				says, ok := recover().(string)
				require.True(t, ok, "it panics with a message")
				for _, s := range c.says {
					require.Contains(t, says, s)
				}
			}()
			c.register()
		})
	}
}

var registered atomic.Int64

// good registers under a name that is new even if the tests run repeatedly.
func good[A any]() { register[A](fmt.Sprintf("test.good.%d", registered.Add(1))) }

func TestRegisterAcceptsWhatTravels(t *testing.T) {
	require.NotPanics(t, good[marshaled])
	require.NotPanics(t, good[*marshaled])
	require.NotPanics(t, good[skipped])
	require.NotPanics(t, good[embeds])
	require.NotPanics(t, good[list])
	require.NotPanics(t, good[any])
	require.NotPanics(t, good[struct{}])
	require.NotPanics(t, good[map[string][]*[3]int8])
}

type (
	shaped   struct{ Shape any }
	triangle struct{ A, B, C int }
	unknown  struct{ N int }
)

func init() { executor.RegisterType[triangle]("test.triangle") }

var (
	typeOf    = executor.Register("test.typeOf", func(_ context.Context, v any) (string, error) { return fmt.Sprintf("%T %v", v, v), nil })
	echoShape = echo[shaped]("test.echo.shaped")
)

func TestWhatAnyHoldsKeepsItsTypeOrIsRefused(t *testing.T) {
	for _, v := range []any{5, triangle{3, 4, 5}, map[string]any{"n": 1, "t": triangle{}}, nil} {
		got, err := echoShape(t, shaped{v})
		require.NoError(t, err)
		require.Equal(t, shaped{v}, got)
	}
	_, err := echoShape(t, shaped{unknown{1}})
	var ee *executor.EncodeError
	require.ErrorAs(t, err, &ee)
	require.ErrorContains(t, err, "shaped.Shape holds a value of type executor_test.unknown")
	require.ErrorContains(t, err, "executor.RegisterType[executor_test.unknown]")
	require.Equal(t, "test.typeOf", typeOf.Name())
	require.Panics(t, func() { executor.RegisterType[triangle]("test.triangle2") })
	require.Panics(t, func() { executor.RegisterType[unknown]("test.triangle") })
	require.Panics(t, func() { executor.RegisterType[unknown]("") })
	require.Panics(t, func() { executor.RegisterType[hidden]("test.hidden") })
}

func TestARegisteredFunctionMayBeCalledInPlace(t *testing.T) {
	v, err := twofold.Call(t.Context(), 4)
	require.NoError(t, err)
	require.Equal(t, 8, v)
	require.Equal(t, "test.twofold", twofold.Name())
	require.Equal(t, "test.processID", processID.Name())
	n, err := processID.Call(t.Context())
	require.NoError(t, err)
	require.NotZero(t, n)
}

func TestInvokeAnswersExactlyOnce(t *testing.T) {
	var answers []error
	reply := func(_ []byte, err error) { answers = append(answers, err) }
	executor.Invoke(t.Context(), "test.nobody", nil, reply)
	executor.Invoke(t.Context(), "test.nobody[]", nil, reply)
	executor.Invoke(t.Context(), "test.twofold", []byte{255}, reply)
	executor.Invoke(t.Context(), "test.twofold", nil, reply)
	require.Len(t, answers, 4)
	require.ErrorIs(t, answers[0], executor.ErrNotRegistered)
	require.ErrorContains(t, answers[0], "test.nobody")
	require.ErrorIs(t, answers[1], executor.ErrNotRegistered)
	var de *executor.DecodeError
	require.ErrorAs(t, answers[2], &de)
	require.Equal(t, "argument", de.What)
	require.ErrorAs(t, answers[3], &de)
}
