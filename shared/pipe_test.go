package shared_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newPipe[T any](t testing.TB) (*shared.Conn[T], *shared.Conn[T]) {
	t.Helper()
	a, b, err := shared.Pipe[T]()
	closing(t, a, err)
	return a, closing(t, b, err)
}

func ExamplePipe() {
	ours, theirs, err := shared.Pipe[string]()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ours.Close()

	ctx := context.Background()
	fmt.Println(theirs.Send(ctx, "hello"), theirs.Close())
	fmt.Println(ours.Recv(ctx))
	_, err = ours.Recv(ctx)
	fmt.Println(err)
	// Output:
	// <nil> <nil>
	// hello <nil>
	// EOF
}

func TestPipeWithinAProcess(t *testing.T) {
	t.Run("carries both ways, in order", func(t *testing.T) {
		a, b := newPipe[int](t)
		require.False(t, a.Poll(within(t, 0)))
		for i := range 100 {
			require.NoError(t, a.Send(t.Context(), i))
			require.NoError(t, b.Send(t.Context(), -i))
		}
		require.True(t, a.Poll(within(t, 0)))
		for i := range 100 {
			got, err := b.Recv(t.Context())
			require.NoError(t, err)
			require.Equal(t, i, got)
			got, err = a.Recv(t.Context())
			require.NoError(t, err)
			require.Equal(t, -i, got)
		}
	})
	t.Run("sending to nobody", func(t *testing.T) {
		a, b := newPipe[string](t)
		require.ErrorIs(t, a.Send(t.Context(), strings.Repeat("x", 2<<20)), shared.ErrTooLarge)
		require.NoError(t, b.Close())
		require.NoError(t, b.Close())
		require.ErrorIs(t, a.Send(t.Context(), "x"), io.ErrClosedPipe)
		_, err := a.Recv(t.Context())
		require.ErrorIs(t, err, io.EOF)
		require.True(t, a.Poll(t.Context()), "the end can be received, too")
		require.ErrorIs(t, b.Send(t.Context(), "x"), shared.ErrClosed)
		_, err = b.Recv(t.Context())
		require.ErrorIs(t, err, shared.ErrClosed)
		require.False(t, b.Poll(t.Context()))
	})
	t.Run("a waiting receiver hears of the end", func(t *testing.T) {
		a, b := newPipe[string](t)
		got := make(chan error)
		go func() {
			_, err := a.Recv(context.Background())
			got <- err
		}()
		require.NoError(t, b.Close())
		require.ErrorIs(t, <-got, io.EOF)
	})
	t.Run("of a handle that was dropped, too", func(t *testing.T) {
		a, _, err := shared.Pipe[int]()
		closing(t, a, err)
		require.Eventually(t, func() bool {
			runtime.GC()
			return a.Poll(within(t, 0))
		}, 5*time.Second, time.Millisecond)
	})
	t.Run("an end on its way is not closed", func(t *testing.T) {
		a, b := newPipe[int](t)
		encoded, err := b.MarshalBinary()
		require.NoError(t, err)
		held := handoff.Hold(encoded) // as whatever sends it does
		require.NoError(t, b.Close())
		require.NoError(t, a.Send(t.Context(), 1))
		var c shared.Conn[int]
		require.NoError(t, c.UnmarshalBinary(encoded))
		got, err := c.Recv(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, got)
		require.NoError(t, c.Close())
		_, err = a.Recv(t.Context())
		require.ErrorIs(t, err, io.EOF, "though the sender still holds it")
		held.Release()
		held.Release()
	})
	t.Run("an end that is on its way no more is closed", func(t *testing.T) {
		a, b := newPipe[int](t)
		encoded, err := b.MarshalBinary()
		require.NoError(t, err)
		held := handoff.Hold(encoded)
		require.NoError(t, b.Close())
		require.NoError(t, a.Send(t.Context(), 1))
		held.Release() // the call was canceled, say
		require.ErrorIs(t, a.Send(t.Context(), 1), io.ErrClosedPipe)
	})
	t.Run("another type is refused", func(t *testing.T) {
		a, _ := newPipe[int](t)
		b, err := a.MarshalBinary()
		require.NoError(t, err)
		require.ErrorIs(t, new(shared.Conn[string]).UnmarshalBinary(b), shared.ErrType)
		require.Error(t, new(shared.Conn[int]).UnmarshalBinary(b[1:]))
	})
}

func TestOneWayPipe(t *testing.T) {
	in, out, err := shared.OneWayPipe[string]()
	closing(t, in, err)
	closing(t, out, err)
	require.ErrorIs(t, in.Send(t.Context(), "x"), shared.ErrOneWay)
	_, err = out.Recv(t.Context())
	require.ErrorIs(t, err, shared.ErrOneWay)
	require.False(t, out.Poll(t.Context()))

	// Both ends travel, and close as those of other pipes do.
	sender, receiver := new(shared.Conn[string]), new(shared.Conn[string])
	for from, to := range map[*shared.Conn[string]]*shared.Conn[string]{out: sender, in: receiver} {
		b, err := from.MarshalBinary()
		require.NoError(t, err)
		held := handoff.Hold(b)
		require.NoError(t, from.Close())
		require.NoError(t, to.UnmarshalBinary(b))
		held.Release()
	}
	require.ErrorIs(t, receiver.Send(t.Context(), "x"), shared.ErrOneWay)
	require.NoError(t, sender.Send(t.Context(), "x"))
	require.NoError(t, sender.Close())
	got, err := receiver.Recv(t.Context())
	require.NoError(t, err)
	require.Equal(t, "x", got)
	_, err = receiver.Recv(t.Context())
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, receiver.Close())
	require.ErrorIs(t, receiver.Send(t.Context(), "x"), shared.ErrOneWay)

	// A handle can change from one form to the other.
	a, _ := newPipe[string](t)
	b, err := a.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, receiver.UnmarshalBinary(b))
	require.NoError(t, receiver.Send(t.Context(), "x"))
	require.NoError(t, receiver.Close())
}

var pipeEcho = helper("pipe echo", func(c *child) {
	// The end has two references; the second handle is there for its file.
	var end shared.Conn[string]
	c.decode(&end)
	for {
		item, err := end.Recv(context.Background())
		if errors.Is(err, io.EOF) {
			c.say("eof")
			return
		}
		must(err)
		must(end.Send(context.Background(), item+item))
	}
})

// encoded is a handle that was encoded already.
type encoded []byte

func (e encoded) MarshalBinary() ([]byte, error) { return e, nil }

// startEcho starts the other side of a pipe, with the files of both references.
func startEcho(t *testing.T, end *shared.Conn[string]) *process {
	t.Helper()
	b, err := end.MarshalBinary()
	require.NoError(t, err)
	return start(t, pipeEcho, nil, encoded(b), encoded(b[:len(b)/2]))
}

func TestPipeAcrossProcesses(t *testing.T) {
	ours, theirs := newPipe[string](t)
	first := startEcho(t, theirs)
	require.NoError(t, ours.Send(t.Context(), "ab"))
	got, err := ours.Recv(t.Context())
	require.NoError(t, err)
	require.Equal(t, "abab", got)
	require.NoError(t, ours.Close())
	require.NoError(t, theirs.Close())
	first.expect("eof")
	first.wait()
}

func TestPipeEndDies(t *testing.T) {
	ours, theirs := newPipe[string](t)
	p := startEcho(t, theirs)
	require.NoError(t, ours.Send(t.Context(), "ab"))
	require.True(t, ours.Poll(t.Context()))
	require.NoError(t, theirs.Close())
	got := make(chan error)
	go func() {
		_, err := ours.Recv(context.Background()) // what it sent is still there
		if err == nil {
			_, err = ours.Recv(context.Background())
		}
		got <- err
	}()
	p.kill()
	select {
	case err := <-got:
		require.ErrorIs(t, err, io.EOF)
	case <-time.After(10 * time.Second):
		require.Fail(t, "the death of the other end was not noticed")
	}
}
