package executor_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

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

// A value that cannot be encoded is an error that names it, of the future and not of
// Submit; one that cannot be decoded too.
func TestAValueThatCannotTravelIsAnErrorOfItsFuture(t *testing.T) {
	loop := &list{Value: 1}
	loop.Next = loop
	_, err := echoList(t, loop)
	var ee *executor.EncodeError
	require.ErrorAs(t, err, &ee)
	require.ErrorContains(t, err, "contains itself")
	require.ErrorContains(t, err, "test.echo.list")
	v, err := echoList(t, &list{1, nil})
	require.NoError(t, err)
	require.Equal(t, 1, v.Value)
}

type brittle struct{ How string }

func (b brittle) MarshalBinary() ([]byte, error) {
	misbehave(b.How, "encode")
	return []byte(b.How), nil
}

func (b *brittle) UnmarshalBinary(data []byte) error {
	misbehave(string(data), "decode")
	b.How = string(data)
	return nil
}

func misbehave(how, where string) {
	switch how {
	case "panic in " + where:
		panic(how)
	case "Goexit in " + where:
		runtime.Goexit()
	}
}

var (
	echoBrittle = echo[brittle]("test.echo.brittle")
	echoList    = echo[*list]("test.echo.list")
)

// The goroutine that submits, the one that runs the call and the one that settles
// it go on, whatever the methods of an argument or a result do.
func TestAMarshalMethodThatDoesNotReturnIsAnErrorOfItsFuture(t *testing.T) {
	for _, how := range []string{"panic in encode", "panic in decode", "Goexit in encode", "Goexit in decode"} {
		_, err := echoBrittle(t, brittle{how})
		var pe *future.PanicError
		require.ErrorAs(t, err, &pe, how)
		require.Equal(t, strings.HasPrefix(how, "Goexit"), pe.Goexit)
		require.ErrorContains(t, err, "test.echo.brittle")
	}
	v, err := echoBrittle(t, brittle{"fine"})
	require.NoError(t, err)
	require.Equal(t, brittle{"fine"}, v)
}

// FuzzRemoteError gives arbitrary bytes to what decodes an error of another process:
// it must make an error of them, and one that travels on.
func FuzzRemoteError(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0xa0})
	f.Add([]byte(strings.Repeat("\x81", 1000)))
	f.Add(executor.EncodeRemoteError(&future.PanicError{Value: errTest, Stack: []byte("stack")}))
	f.Add(executor.EncodeRemoteError(errors.Join(&detailed{1, nil}, errSentinel)))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := executor.DecodeRemoteError(b)
		require.Error(t, err)
		_ = err.Error()
		require.Error(t, executor.DecodeRemoteError(executor.EncodeRemoteError(err)))
	})
}
