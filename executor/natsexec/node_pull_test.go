//go:build linux

package natsexec

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A priority is announced while a node shuts down, which has no connection any more when
// it comes to make the queue.
func TestANodeThatStopsHasNothingToSayOfPriorities(t *testing.T) {
	p, _ := grantPool(t)
	var log bytes.Buffer
	n, err := NewNode(t.Context(), NodeConfig{
		Config: Config{URL: p.URL(), Logger: slog.New(slog.NewTextHandler(&log, nil))},
		Pool:   executor.ProcessConfig{Workers: 1, Env: []string{"GORACE=atexit_sleep_ms=0"}},
	})
	require.NoError(t, err)
	require.NoError(t, n.Shutdown(t.Context()))
	n.tryQueue(t.Context(), "7")
	n.onPriority(&nats.Msg{Data: []byte("7")})
	n.watcher.Wait()
	require.Empty(t, n.queues[1:])
	require.Empty(t, log.String())
}
