//go:build linux

package natsexec_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// slowVariable is in the environment of the workers of a slow node.
const slowVariable = "NATSEXEC_TEST_SLOW"

// work takes 2 ms, and 80 ms on a slow node. It returns whether it was that.
var work = executor.RegisterNoArg("t.work", func(ctx context.Context) (bool, error) {
	_, slow := os.LookupEnv(slowVariable)
	d := 2 * time.Millisecond
	if slow {
		d = 80 * time.Millisecond
	}
	select {
	case <-time.After(d):
		return slow, nil
	case <-ctx.Done():
		return slow, context.Cause(ctx)
	}
})

func TestSlowNodeGetsFewerCalls(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "slow", 1, func(r *role) { r.Slow = true })
	nodeOf(t, p, "fast", 1)
	const calls = 400
	var fs []*future.Future[bool]
	for range calls {
		fs = append(fs, submit(t, p, work.Bind()))
	}
	slow := 0
	for _, f := range fs {
		if result(t, f) {
			slow++
		}
	}
	t.Logf("%d of %d calls went to the slow node", slow, calls)
	require.Positive(t, slow)
	require.Less(t, slow, calls/4)
	require.EqualValues(t, calls, p.Stats().Completed, "none was lost")
}
