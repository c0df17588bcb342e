package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A client that reads nothing holds up neither the others nor the server's memory.
func TestAClientThatDoesNotReadIsThrownOut(t *testing.T) {
	require.NoError(t, loop.RunMain(t.Context(), func(ctx context.Context) error {
		room := &room{idle: time.Hour, members: map[string]*stream.Writer{}}
		here, there := net.Pipe()
		defer there.Close()
		_, w := stream.Wrap(ctx, here, 0)
		room.members["sleepy"] = w
		line := strings.Repeat("x", 1<<10) + "\n"
		for range 2 * maxBacklog / len(line) {
			room.tell(line)
		}
		require.True(t, w.IsClosing())
		return w.WaitClosed(ctx)
	}))
}
