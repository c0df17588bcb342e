//go:build linux

package natsexec_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// onServer returns a pool and the configuration of its server, which the test owns.
func onServer(t *testing.T, memory bool) (p *natsexec.Pool, s *natsexec.Server, cfg natsexec.ServerConfig) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg = natsexec.ServerConfig{Dir: t.TempDir(), Port: l.Addr().(*net.TCPAddr).Port, Token: "secret"}
	require.NoError(t, l.Close())
	s, err = natsexec.NewServer(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return newPool(t, natsexec.Config{URL: s.URL(), Memory: memory}), s, cfg
}

// once fails the test if an outcome comes twice, or not at all.
type once struct {
	settled []atomic.Int32
	futures []*future.Future[int]
}

func (o *once) submit(t *testing.T, p *natsexec.Pool, g gate, calls int) {
	t.Helper()
	o.settled = make([]atomic.Int32, calls)
	for i := range calls {
		f := submit(t, p, countRun.Bind(run{g, i}))
		f.OnDone(func() { o.settled[i].Add(1) })
		o.futures = append(o.futures, f)
	}
}

func (o *once) check(t *testing.T, g gate) {
	t.Helper()
	for i, f := range o.futures {
		require.Equal(t, i, result(t, f))
		eventually(t, func() bool { return o.settled[i].Load() > 0 }, "its callback was called")
	}
	runs, err := os.ReadDir(string(g))
	require.NoError(t, err)
	require.Len(t, runs, len(o.futures), "each ran once")
	for i := range o.settled {
		require.EqualValues(t, 1, o.settled[i].Load(), "and no result came twice")
	}
}

// A run leaves a file, whose name must not be there yet.
type run struct {
	Gate gate
	N    int
}

func TestServerRestarts(t *testing.T) {
	for name, memory := range map[string]bool{"files": false, "memory": true} {
		t.Run(name, func(t *testing.T) {
			p, s, cfg := onServer(t, memory)
			nodeOf(t, p, "one", 2)
			held, g := newGate(t), newGate(t)
			running := submit(t, p, hold.Bind(held))
			held.await(t, "entered", 1)
			var o once
			o.submit(t, p, g, 1000)
			eventually(t, func() bool { n, _ := os.ReadDir(string(g)); return len(n) > 10 }, "some have run")
			s.Close()
			s, err := natsexec.NewServer(cfg)
			require.NoError(t, err)
			t.Cleanup(s.Close)
			held.open(t)
			result(t, running)
			o.check(t, g)
			require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))
		})
	}
}

func TestServerIsAway(t *testing.T) {
	p, s, cfg := onServer(t, false)
	s.Close()
	f := submit(t, p, double.Bind(21)) // accepted: it is sent when the server is back
	s, err := natsexec.NewServer(cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	nodeOf(t, p, "one", 1)
	require.Equal(t, 42, result(t, f))
}

// cutFor is how long the network is away in these tests.
func cutFor() time.Duration {
	if testing.Short() {
		return 3 * time.Second
	}
	return 10 * time.Second
}

func TestSubmitterIsCutOff(t *testing.T) {
	owner := newPool(t, natsexec.Config{})
	between := newProxy(t, owner.URL())
	p := newPool(t, natsexec.Config{URL: between.url})
	nodeOf(t, owner, "one", 2)
	held, g := newGate(t), newGate(t)
	running := submit(t, p, hold.Bind(held))
	held.await(t, "entered", 1)
	var o once
	o.submit(t, p, g, 300)
	between.setCut(true)
	<-time.After(cutFor())
	held.open(t)
	between.setCut(false)
	result(t, running)
	o.check(t, g)
}

func TestNodeIsCutOff(t *testing.T) {
	p := newPool(t, natsexec.Config{Retry: 1})
	between := newProxy(t, p.URL())
	nodeOf(t, p, "cut off", 1, func(r *role) { r.URL = between.url })
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)
	began := time.Now()
	between.setCut(true)
	nodeOf(t, p, "two", 1)
	g.await(t, "entered", 2)
	require.Less(t, time.Since(began), 3*soon, "it moved to the other node")
	g.open(t)
	pid := result(t, f)
	between.setCut(false)
	for range 100 { // by both nodes
		require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))
	}
	require.Equal(t, pid, result(t, f))
	eventually(t, func() bool { nodes, _ := p.Nodes(t.Context()); return len(nodes) == 2 }, "it is back")
}

var countRun = executor.Register("t.countRun", func(_ context.Context, r run) (int, error) {
	f, err := os.OpenFile(filepath.Join(string(r.Gate), strconv.Itoa(r.N)), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err // it ran already
	}
	return r.N, f.Close()
})

// Requests to a server that is silent take their time. They hold up neither what else a node
// does nor its end.
func TestANodeStopsWhileItsServerIsSilent(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	between := newProxy(t, p.URL())
	const beat = 10 * time.Millisecond
	n, err := natsexec.NewNode(t.Context(), natsexec.NodeConfig{
		Config: natsexec.Config{URL: between.url, LostAfter: 6 * beat}, Pool: executor.ProcessConfig{Workers: 1, Env: []string{"GORACE=atexit_sleep_ms=0"}},
	})
	require.NoError(t, err)
	speak := between.silence()
	defer speak()
	<-time.After(50 * beat) // it looks for new queues every 16
	took := clock(func() { end(t, n.Shutdown) })
	require.Less(t, took, 10*time.Second)
}

// A large value may take longer than a node may be silent.
func TestALargeValueHoldsUpNoSignOfLife(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	between := newProxy(t, p.URL())
	nodeOf(t, p, "far away", 1, func(r *role) { r.URL = between.url })
	const rate = 2 << 20
	between.slow(rate)
	b := make([]byte, 4*rate)
	require.Len(t, result(t, submit(t, p, echo.Bind(b))), len(b))
}
