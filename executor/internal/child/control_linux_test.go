package child

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

func newTestControl() (c *control, terminated *int) {
	terminated = new(int)
	c = &control{fetch: proc.NewFetcher(nil), welcome: make(chan wire.Message, 1), terminate: func() { *terminated++ }}
	c.released.Store(&pins{})
	return c, terminated
}

func TestACancellationMayComeBeforeItsCallBegins(t *testing.T) {
	c, _ := newTestControl()
	c.receive(wire.Message{Kind: wire.Cancel, ID: 7, Body: []byte("enough")}, nil)
	ctx := newTestCall(7, 0)
	c.begin(ctx)
	require.Equal(t, context.Canceled, ctx.Err())
	require.ErrorContains(t, context.Cause(ctx), "enough")
	ctx.finish()
	require.Zero(t, c.current())
	late := newTestCall(8, 0)
	c.receive(wire.Message{Kind: wire.Cancel, ID: 7}, nil)
	c.begin(late)
	require.EqualValues(t, 8, c.current())
	require.NoError(t, late.Err(), "that of a call that has ended")
}

// Whatever the parent says, while a call runs and between calls, is answered or
// ignored: one message at most ends the call that it names, and no descriptor that
// comes along stays open.
func FuzzControl(f *testing.F) {
	for kind := wire.Hello; kind <= wire.Terminate; kind++ {
		m := wire.Message{Kind: kind, ID: 7, Body: []byte("body")}
		f.Add(m.Append(nil), uint64(7))
	}
	other := wire.Message{Kind: wire.Terminate, ID: 8}
	f.Add(other.Append(nil), uint64(7))
	f.Fuzz(func(t *testing.T, b []byte, running uint64) {
		m, err := wire.ParseMessage(b)
		if err != nil || m.Kind == wire.Fetch { // whose answer needs a socket: see internal/proc
			return
		}
		c, terminated := newTestControl()
		ctx := newTestCall(running, 0)
		if running != 0 {
			c.begin(ctx)
		}
		file, err := os.Open(os.DevNull)
		require.NoError(t, err)
		c.receive(m, file)
		require.ErrorIs(t, file.Close(), os.ErrClosed)
		canceled := m.Kind == wire.Cancel && m.ID == running && running != 0
		require.Equal(t, canceled, ctx.Err() != nil)
		if canceled && m.Aux == wire.CanceledDeadline {
			require.Equal(t, context.DeadlineExceeded, ctx.Err())
		}
		ends := m.Kind == wire.Terminate && (m.ID == 0 || m.ID == running)
		require.Equal(t, ends, *terminated == 1)
		require.Len(t, c.welcome, map[bool]int{true: 1}[m.Kind == wire.Welcome])
	})
}
