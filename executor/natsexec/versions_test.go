//go:build linux

package natsexec_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestBuildsAreApart(t *testing.T) {
	owner := newPool(t, natsexec.Config{})
	older := newPool(t, natsexec.Config{URL: owner.URL(), Build: "v1"})
	newer := newPool(t, natsexec.Config{URL: owner.URL(), Build: "v2"})
	nodeOf(t, owner, "new node", 1, func(r *role) { r.Build = "v2" })
	waits := submit(t, older, double.Bind(1))
	require.Equal(t, 42, result(t, submit(t, newer, double.Bind(21))))
	require.False(t, waits.Running(), "a node of another build does not take it")
	nodes, err := older.Nodes(t.Context())
	require.NoError(t, err)
	require.Empty(t, nodes)

	nodeOf(t, owner, "old node", 1, func(r *role) { r.Build = "v1" })
	require.Equal(t, 2, result(t, waits))
	nodes, err = older.Nodes(t.Context())
	require.NoError(t, err)
	require.Equal(t, []natsexec.NodeInfo{{Name: "old node", Workers: 1}}, nodes)
}

// registerOnlyHere registers a function in the test, and not in the processes that play nodes: as in
// two programs that were given the same build.
// The name gets a number, for a test may run several times.
func registerOnlyHere(name string) (string, *executor.Function[int, int]) {
	name = fmt.Sprintf("%s%d", name, registered.Add(1))
	return name, executor.Register(name, double.Call)
}

var registered atomic.Int64

func TestUnknownFunctionIsRefused(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 1)
	nodeOf(t, p, "two", 1)
	name, unknown := registerOnlyHere("t.unknown")
	_, err := outcome(t, submit(t, p, unknown.Bind(1)))
	require.ErrorIs(t, err, executor.ErrNotRegistered)
	require.ErrorContains(t, err, strconv.Quote(name))
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))
}

func TestUnknownFunctionFindsItsNode(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "lacks it", 2)
	_, known := registerOnlyHere("t.knownHere")
	// Its worker processes lack it too; but it is the node that says it has it.
	n := newNode(t, p, natsexec.NodeConfig{NodeName: "has it", Pool: executor.ProcessConfig{Workers: 1}})
	_, err := outcome(t, submit(t, p, known.Bind(1)))
	require.ErrorIs(t, err, executor.ErrNotRegistered)
	require.NotContains(t, err.Error(), "no other of build", "it got to that node")
	require.EqualValues(t, 1, n.Stats().Failed)
}

func TestGarbage(t *testing.T) {
	var log exampletest.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	p := newPool(t, natsexec.Config{Logger: logger})
	n := newNode(t, p, natsexec.NodeConfig{Config: natsexec.Config{Logger: logger}, Pool: executor.ProcessConfig{Workers: 1}})
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))

	// What an intruder or a broken program might say, on every subject that there is.
	nc, js := jetStream(t, p)
	var mu sync.Mutex // guards heard
	heard := map[string]bool{}
	spy, err := nc.Subscribe("asyncgo.>", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		heard[m.Subject] = true
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)
	other := submit(t, p, hold.Bind(g))
	eventually(t, func() bool { nodes, _ := p.Nodes(t.Context()); return len(nodes) == 1 }, "it answers")
	g.open(t)
	result(t, f)
	result(t, other)
	var subjects []string
	eventually(t, func() bool { // the spy may be behind
		mu.Lock()
		defer mu.Unlock()
		subjects = slices.Collect(maps.Keys(heard))
		return len(subjects) >= 5
	}, "%v", subjects)
	require.NoError(t, spy.Unsubscribe())
	calls := 0
	for _, subject := range subjects {
		for _, b := range [][]byte{nil, {0xff}, []byte("hello"), {0xa0}, bytes.Repeat([]byte{0x9f}, 1000), bytes.Repeat([]byte{0x81}, 1000), {0xa1, 0x01, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
			if strings.Contains(subject, ".call.") {
				_, err := js.Publish(t.Context(), subject, b)
				require.NoError(t, err)
				calls++
				continue
			}
			require.NoError(t, nc.Publish(subject, b))
		}
	}
	require.NoError(t, nc.Flush())
	eventually(t, func() bool { return n.Garbage() >= uint64(calls) && p.Garbage() >= 7 }, "it is counted")
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))), "and does no harm")
	eventually(t, func() bool { return queueLength(t, p) == 0 }, "it does not come again")
	require.Equal(t, 2, strings.Count(log.String(), "cannot be read"), "once each: %s", log.String())
}
