//go:build linux

package natsexec_test

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// jetStream connects to a pool's server as an operator would.
func jetStream(t testing.TB, p *natsexec.Pool) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(p.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	return nc, js
}

func TestQueuedCallTakesFewBytes(t *testing.T) {
	p := newPool(t, natsexec.Config{Server: natsexec.ServerConfig{Dir: t.TempDir()}})
	const calls, argument = 1000, 100
	for range calls {
		submit(t, p, echo.Bind(make([]byte, argument)))
	}
	eventually(t, func() bool { return queueLength(t, p) == calls }, "all are in the queue")
	_, js := jetStream(t, p)
	s, err := js.Stream(t.Context(), "asyncgo_"+p.Name()+"_calls")
	require.NoError(t, err)
	each := s.CachedInfo().State.Bytes/calls - argument
	t.Logf("%d bytes a call beside its argument", each)
	require.Less(t, each, uint64(200), "why-nats.md says 160")
	p.CancelPending()
}

// queueLength is how many calls are on the server.
func queueLength(t testing.TB, p *natsexec.Pool) uint64 {
	t.Helper()
	nc, js := jetStream(t, p)
	defer nc.Close()
	s, err := js.Stream(t.Context(), "asyncgo_"+p.Name()+"_calls")
	require.NoError(t, err)
	return s.CachedInfo().State.Msgs
}
