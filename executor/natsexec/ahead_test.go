//go:build linux

package natsexec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

func TestShortCallsAreTakenAheadAndGivenBack(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	newNode(t, p, natsexec.NodeConfig{NodeName: "one", Pool: executor.ProcessConfig{Workers: 1}})
	g := newGate(t)
	var short []*future.Future[int]
	// Until the node has found out that calls are short it takes none ahead.
	eventually(t, func() bool {
		for i := range 50 {
			require.Equal(t, 2*i, result(t, submit(t, p, double.Bind(i))))
		}
		many := 0
		for i := range 200 {
			short = append(short, submit(t, p, double.Bind(i)))
			many = max(many, p.Stats().Running)
		}
		for _, f := range short {
			result(t, f)
		}
		short = nil
		return many > 1
	}, "calls are taken ahead")

	long := submit(t, p, hold.Bind(g))
	for i := range 8 {
		short = append(short, submit(t, p, double.Bind(i)))
	}
	g.await(t, "entered", 1)
	nodeOf(t, p, "two", 1)
	for i, f := range short {
		require.Equal(t, 2*i, result(t, f), "it went to the other node")
	}
	require.False(t, long.IsDone())
	g.open(t)
	result(t, long)
	require.Equal(t, 1, g.marks("entered"))
	require.Zero(t, p.Stats().Failed)
}
