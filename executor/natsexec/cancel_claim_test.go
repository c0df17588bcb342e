//go:build linux

package natsexec_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// A cancel can get to the node before the answer to its claim does. The node then says at
// once that it did not begin the call: if it kept silent its submitter would take the call
// for lost, a second later.
func TestCancelOvertakesTheClaim(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 1}})
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))
	g := newGate(t)
	var longest time.Duration
	for range 300 {
		f := submit(t, p, hold.Bind(g))
		for !f.Running() {
			runtime.Gosched()
		}
		f.Cancel()
		longest = max(longest, clock(func() { _, _ = outcome(t, f) }))
		require.True(t, f.Canceled())
	}
	t.Logf("the slowest cancel took %v", longest)
	require.Less(t, longest, 600*time.Millisecond, "none waited until it was taken for lost")
}
