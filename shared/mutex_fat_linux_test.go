//go:build !asyncgo_portable

package shared_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var fatHolder = helper("fat holder", func(c *child) {
	var m shared.Mutex
	c.decode(&m)
	memory := make([]byte, 512<<20)
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
	must(m.Lock(context.Background()))
	c.say("held")
	c.hear()
	runtime.KeepAlive(memory)
})

// The lock of a process that is killed is free when it begins to die, not when the
// kernel has cleared away its memory, which takes 0.1 s for each GiB.
func TestTheMemoryOfADeadHolderDoesNotDelayTheNext(t *testing.T) {
	m := newMutex(t)
	early := false
	for range 5 { // a busy machine may not let this process see it in time
		p := start(t, fatHolder, nil, m)
		p.expect("held")
		got := make(chan error)
		go func() { got <- m.Lock(context.Background()) }()
		asleep(t, m)
		begin := time.Now()
		require.NoError(t, p.cmd.Process.Kill())
		require.ErrorIs(t, <-got, shared.ErrOwnerDied)
		had := time.Since(begin)
		p.died()
		gone := time.Since(begin)
		t.Logf("had after %v, gone after %v", had, gone)
		require.NoError(t, m.Consistent())
		require.NoError(t, m.Unlock())
		if had < gone/3 {
			early = true
			break
		}
	}
	require.True(t, early, "the lock waits for the end of the process")
}
