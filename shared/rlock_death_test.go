package shared_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var rlockHolder = helper("rlock holder", func(c *child) {
	var r shared.RLock
	c.decode(&r)
	for range 2 {
		must(r.Lock(context.Background()))
	}
	c.say("held")
	c.hear()
})

// In Python the lock is lost.
func TestRLockOutlivesItsHolder(t *testing.T) {
	r, err := shared.NewRLock()
	closing(t, r, err)
	p := start(t, rlockHolder, nil, r)
	p.expect("held")
	p.kill()
	require.ErrorIs(t, r.Lock(t.Context()), shared.ErrOwnerDied)
	require.NoError(t, r.Lock(t.Context()), "it is re-entrant still")
	require.NoError(t, r.Consistent())
	require.NoError(t, r.Unlock())
	require.NoError(t, r.Unlock())
	require.ErrorIs(t, r.Unlock(), shared.ErrNotOwner, "the two of the holder that died are gone")
	require.NoError(t, r.Lock(t.Context()))
	require.NoError(t, r.Unlock())
}

// In Python the lock of a thread that has ended is lost as well.
func TestRLockStaysWithAGoroutineThatHasEnded(t *testing.T) {
	r, err := shared.NewRLock()
	closing(t, r, err)
	ended := make(chan error)
	go func() { ended <- r.Lock(context.Background()) }()
	require.NoError(t, <-ended)
	ok, err := r.TryLock()
	require.NoError(t, err)
	require.False(t, ok)
}
