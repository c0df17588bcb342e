package shared_test

import (
	"context"
	"encoding"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// manyHeld is how many locks a process holds at once in the test of that. Each takes a
// descriptor in the process that makes it.
const manyHeld = 10_000

var manyHolder = helper("holder of many", func(c *child) {
	var units [(manyHeld + 239) / 240]shared.BoundedSemaphore
	for i := range units {
		must(units[i].UnmarshalBinary(c.handles[i]))
	}
	for i := range manyHeld {
		must(units[i/240].Acquire(context.Background()))
	}
	c.say("held")
	c.hear()
})

// There is no limit to the locks that a process holds, and all of them are free when it
// is dead. Each unit of a bounded semaphore is a lock.
func TestAProcessHoldsTenThousandLocksAndLosesThemAll(t *testing.T) {
	var units []*shared.BoundedSemaphore
	for left := manyHeld; left > 0; left -= 240 {
		units = append(units, newBounded(t, min(left, 240)))
	}
	free := func() (n int) {
		for _, u := range units {
			n += u.Value()
		}
		return n
	}
	var handles []encoding.BinaryMarshaler
	for _, u := range units {
		handles = append(handles, u)
	}
	p := start(t, manyHolder, nil, handles...)
	p.expect("held")
	require.Zero(t, free())
	require.NoError(t, p.cmd.Process.Kill())
	require.Eventually(t, func() bool { return free() == manyHeld }, 10*time.Second, time.Millisecond)
	p.died()
	require.NoError(t, units[0].Acquire(t.Context()))
	require.NoError(t, units[0].Release())
}
