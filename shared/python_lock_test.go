package shared_test

// Tests of CPython's _test_multiprocessing.py, each under the name of the method
// that it stands for.

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

const (
	timeout1 = 82 * time.Millisecond
	timeout2 = 35 * time.Millisecond
)

// within returns a context with a timeout that the test cleans up.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// elapsed returns how long fn takes.
func elapsed(fn func()) time.Duration {
	begin := time.Now()
	fn()
	return time.Since(begin)
}

func TestPythonLock(t *testing.T) {
	t.Run("test_lock", func(t *testing.T) {
		m := newMutex(t)
		lock(t, m)
		ok, err := m.TryLock()
		require.NoError(t, err)
		require.False(t, ok)
		require.NoError(t, m.Unlock())
		require.ErrorIs(t, m.Unlock(), shared.ErrNotLocked)
	})
	t.Run("test_rlock", func(t *testing.T) {
		r, err := shared.NewRLock()
		closing(t, r, err)
		for range 3 {
			require.NoError(t, r.Lock(t.Context()))
		}
		for range 3 {
			require.NoError(t, r.Unlock())
		}
		require.ErrorIs(t, r.Unlock(), shared.ErrNotOwner)
	})
	t.Run("test_lock_context", func(t *testing.T) {
		require.NoError(t, newMutex(t).Do(t.Context(), func() error { return nil }))
	})
}

func TestPythonSemaphore(t *testing.T) {
	basics := func(t *testing.T, s acquirer) {
		require.Equal(t, 2, s.Value())
		require.NoError(t, s.Acquire(t.Context()))
		require.Equal(t, 1, s.Value())
		require.NoError(t, s.Acquire(t.Context()))
		require.Equal(t, 0, s.Value())
		require.False(t, try(t, s))
		require.Equal(t, 0, s.Value())
		require.NoError(t, s.Release())
		require.Equal(t, 1, s.Value())
		require.NoError(t, s.Release())
		require.Equal(t, 2, s.Value())
	}
	t.Run("test_semaphore", func(t *testing.T) {
		s := newSemaphore(t, 2)
		basics(t, s)
		require.NoError(t, s.Release())
		require.Equal(t, 3, s.Value())
		require.NoError(t, s.Release())
		require.Equal(t, 4, s.Value())
	})
	t.Run("test_bounded_semaphore", func(t *testing.T) {
		s := newBounded(t, 2)
		basics(t, s)
		require.ErrorIs(t, s.Release(), shared.ErrNotAcquired)
	})
	t.Run("test_timeout", func(t *testing.T) {
		s := newSemaphore(t, 0)
		require.Less(t, elapsed(func() { require.False(t, try(t, s)) }), timeout2)
		for _, timeout := range []time.Duration{timeout1, timeout2} {
			took := elapsed(func() { require.ErrorIs(t, s.Acquire(within(t, timeout)), context.DeadlineExceeded) })
			require.GreaterOrEqual(t, took, timeout)
		}
	})
}

func TestRLock(t *testing.T) {
	r, err := shared.NewRLock()
	closing(t, r, err)
	b, err := r.MarshalBinary()
	require.NoError(t, err)
	var same shared.RLock
	require.NoError(t, same.UnmarshalBinary(b))
	defer same.Close()

	require.NoError(t, r.Lock(t.Context()))
	ok, err := same.TryLock()
	require.NoError(t, err)
	require.True(t, ok, "another handle is the same lock")
	other := make(chan error)
	go func() {
		ok, err := r.TryLock()
		if ok {
			panic("two owners")
		}
		if err == nil {
			err = r.Unlock()
		}
		other <- err
	}()
	require.ErrorIs(t, <-other, shared.ErrNotOwner)
	require.NoError(t, r.Unlock())
	go func() { other <- r.Lock(context.Background()) }()
	require.NoError(t, r.Unlock())
	require.NoError(t, <-other)
	require.ErrorIs(t, r.Unlock(), shared.ErrNotOwner)
	require.NoError(t, r.Consistent(), "this process holds it")
	require.NoError(t, r.Close())
	require.ErrorIs(t, r.Lock(t.Context()), shared.ErrClosed)
	_, err = r.TryLock()
	require.ErrorIs(t, err, shared.ErrClosed)
	require.ErrorIs(t, new(shared.RLock).Unlock(), shared.ErrClosed)
}
