//go:build !asyncgo_portable

package shared_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// The kernel gives back no more than some two thousand locks of a dead process.
func TestAProcessCanHoldTwoThousandMutexesAndGetsAnErrorForMore(t *testing.T) {
	var held []*shared.Mutex
	before := shm.HeldLocks() // by abandoned handles of other tests
	for {
		m := newMutex(t)
		ok, err := m.TryLock()
		if err != nil {
			require.ErrorContains(t, err, "2000")
			require.Error(t, m.Lock(t.Context()))
			break
		}
		require.True(t, ok)
		t.Cleanup(func() { _ = m.Unlock() })
		held = append(held, m)
	}
	require.Equal(t, 2000, before+len(held))
}
