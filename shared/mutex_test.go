package shared_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newMutex(t *testing.T) *shared.Mutex {
	t.Helper()
	m, err := shared.NewMutex()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

func ExampleMutex() {
	m, err := shared.NewMutex()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()

	ctx := context.Background()
	fmt.Println(m.Lock(ctx))
	fmt.Println(m.TryLock())
	fmt.Println(m.Unlock())
	fmt.Println(errors.Is(m.Unlock(), shared.ErrNotLocked))
	// Output:
	// <nil>
	// false <nil>
	// <nil>
	// true
}

func TestMutexWithinAProcess(t *testing.T) {
	t.Run("is not reentrant, and a deadline ends the wait", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Lock(t.Context()))
		ok, err := m.TryLock()
		require.NoError(t, err)
		require.False(t, ok)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, m.Lock(ctx), context.DeadlineExceeded)
		require.NoError(t, m.Unlock())
		require.NoError(t, m.Lock(t.Context()))
		require.NoError(t, m.Unlock())
	})
	t.Run("cancelling carries the cause and takes milliseconds", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Lock(t.Context()))
		cause := fmt.Errorf("no patience")
		ctx, cancel := context.WithCancelCause(t.Context())
		got := make(chan error)
		go func() { got <- m.Lock(ctx) }()
		asleep(t, m)
		start := time.Now()
		cancel(cause)
		err := <-got
		require.ErrorIs(t, err, cause)
		require.ErrorIs(t, err, context.Canceled)
		require.Less(t, time.Since(start), 500*time.Millisecond)
		require.NoError(t, m.Unlock())
	})
	t.Run("cancelling a waiter in the second row takes milliseconds too", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Lock(t.Context()))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { _ = m.Lock(ctx) })
		}
		asleep(t, m)
		cancel()
		wg.Wait()
		require.NoError(t, m.Unlock())
	})
	t.Run("another goroutine may release it", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Lock(t.Context()))
		got := make(chan error)
		go func() { got <- m.Unlock() }()
		require.NoError(t, <-got)
		require.ErrorIs(t, m.Unlock(), shared.ErrNotLocked)
	})
	t.Run("a done context does not keep it from a free lock", func(t *testing.T) {
		m := newMutex(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, m.Lock(ctx))
		require.ErrorIs(t, m.Lock(ctx), context.Canceled)
		require.NoError(t, m.Unlock())
	})
	t.Run("Do releases after a panic", func(t *testing.T) {
		m := newMutex(t)
		require.Panics(t, func() { _ = m.Do(t.Context(), func() error { panic("oh") }) })
		require.NoError(t, m.Do(t.Context(), func() error { return nil }))
	})
	t.Run("Consistent is for the holder", func(t *testing.T) {
		m := newMutex(t)
		require.ErrorIs(t, m.Consistent(), shared.ErrNotLocked)
		require.NoError(t, m.Lock(t.Context()))
		require.NoError(t, m.Consistent())
		require.NoError(t, m.Unlock())
	})
	t.Run("Locker is a sync.Locker", func(t *testing.T) {
		m := newMutex(t)
		l := m.Locker()
		cond := sync.NewCond(l)
		l.Lock()
		go func() { l.Lock(); cond.Signal(); l.Unlock() }()
		cond.Wait()
		l.Unlock()
		require.PanicsWithError(t, shared.ErrNotLocked.Error(), l.Unlock)
	})
}

func TestMutexClosed(t *testing.T) {
	t.Run("everything but Unlock returns ErrClosed", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Lock(t.Context()))
		require.NoError(t, m.Close())
		require.NoError(t, m.Close())
		require.NoError(t, m.Unlock())
		require.ErrorIs(t, m.Lock(t.Context()), shared.ErrClosed)
		_, err := m.TryLock()
		require.ErrorIs(t, err, shared.ErrClosed)
		require.ErrorIs(t, m.Consistent(), shared.ErrClosed)
		_, err = m.MarshalBinary()
		require.ErrorIs(t, err, shared.ErrClosed)
		require.ErrorIs(t, m.Do(t.Context(), nil), shared.ErrClosed)
		require.PanicsWithValue(t, shared.ErrClosed, m.Locker().Lock)
	})
	t.Run("the zero mutex is closed", func(t *testing.T) {
		var m shared.Mutex
		require.ErrorIs(t, m.Lock(t.Context()), shared.ErrClosed)
		require.ErrorIs(t, m.Unlock(), shared.ErrClosed)
		require.NoError(t, m.Close())
	})
	t.Run("waiters are woken", func(t *testing.T) {
		m := newMutex(t)
		require.NoError(t, m.Lock(t.Context()))
		got := make(chan error)
		go func() { got <- m.Lock(context.Background()) }()
		asleep(t, m)
		require.NoError(t, m.Close())
		require.ErrorIs(t, <-got, shared.ErrClosed)
		require.NoError(t, m.Unlock())
	})
	t.Run("waiters in the second row are woken, too", func(t *testing.T) {
		m := newMutex(t)
		b, err := m.MarshalBinary()
		require.NoError(t, err)
		var other shared.Mutex
		require.NoError(t, other.UnmarshalBinary(b))
		require.NoError(t, m.Lock(t.Context()))
		first, second := make(chan error), make(chan error)
		go func() { first <- other.Lock(context.Background()) }()
		asleep(t, m)
		go func() { second <- m.Lock(context.Background()) }()
		require.NoError(t, m.Close())
		require.ErrorIs(t, <-second, shared.ErrClosed)
		require.NoError(t, m.Unlock())
		require.NoError(t, <-first)
		require.NoError(t, other.Unlock())
		require.NoError(t, other.Close())
	})
	t.Run("a lock that is held stays usable for other handles", func(t *testing.T) {
		m := newMutex(t)
		b, err := m.MarshalBinary()
		require.NoError(t, err)
		var other shared.Mutex
		require.NoError(t, other.UnmarshalBinary(b))
		require.NoError(t, m.Lock(t.Context()))
		require.NoError(t, m.Close())
		ok, err := other.TryLock()
		require.NoError(t, err)
		require.False(t, ok, "two handles of a process are one lock")
		require.NoError(t, other.Unlock())
		require.NoError(t, other.Close())
	})
}

// asleep waits until a thread sleeps for the lock in the kernel.
func asleep(t *testing.T, m *shared.Mutex) {
	t.Helper()
	require.Eventually(t, func() bool { return shared.HasSleeper(m) }, 5*time.Second, 100*time.Microsecond)
}

var mutexHolder = helper("mutex holder", func(c *child) {
	var m shared.Mutex
	c.decode(&m)
	must(m.Lock(context.Background()))
	c.say("held")
	c.hear()
	must(m.Unlock())
	c.say("free")
	c.hear()
})

func TestMutexAcrossProcesses(t *testing.T) {
	t.Run("excludes", func(t *testing.T) {
		m := newMutex(t)
		p := start(t, mutexHolder, nil, m)
		p.expect("held")
		ok, err := m.TryLock()
		require.NoError(t, err)
		require.False(t, ok)
		got := make(chan error)
		go func() { got <- m.Lock(context.Background()) }()
		asleep(t, m)
		p.tell("release")
		p.expect("free")
		require.NoError(t, <-got)
		require.NoError(t, m.Unlock())
	})
	t.Run("another process may release it", func(t *testing.T) {
		m := newMutex(t)
		p := start(t, mutexHolder, nil, m)
		p.expect("held")
		require.NoError(t, m.Unlock())
		require.NoError(t, m.Lock(t.Context()))
		p.kill() // the lock is not its any more, so its death does not matter
		require.NoError(t, m.Consistent())
		ok, err := m.TryLock()
		require.NoError(t, err)
		require.False(t, ok)
		require.NoError(t, m.Unlock())
	})
	t.Run("outlives its holder, and says so until somebody repairs", func(t *testing.T) {
		m := newMutex(t)
		p := start(t, mutexHolder, nil, m)
		p.expect("held")
		got := make(chan error)
		go func() { got <- m.Lock(context.Background()) }()
		asleep(t, m)
		begin := time.Now()
		require.NoError(t, p.cmd.Process.Kill())
		err := <-got
		took := time.Since(begin)
		require.ErrorIs(t, err, shared.ErrOwnerDied)
		var died *shared.OwnerDiedError
		require.ErrorAs(t, err, &died)
		require.Equal(t, p.cmd.Process.Pid, died.PID)
		require.Less(t, took, 200*time.Millisecond)
		t.Logf("had the lock %v after the kill", took)
		require.NoError(t, m.Unlock())

		require.ErrorIs(t, m.Do(t.Context(), func() error { t.Error("ran"); return nil }), shared.ErrOwnerDied)
		ok, err := m.TryLock()
		require.True(t, ok)
		require.ErrorIs(t, err, shared.ErrOwnerDied)
		require.NoError(t, m.Consistent())
		require.NoError(t, m.Unlock())
		require.NoError(t, m.Lock(t.Context()))
		require.NoError(t, m.Unlock())
	})
}

var mutexCounter = helper("mutex counter", func(c *child) {
	times, err := strconv.Atoi(c.args[0])
	must(err)
	var m shared.Mutex
	var cell shared.Array[int64]
	c.decode(&m, &cell)
	c.say("ready")
	c.hear()
	count(&m, cell.Slice(), times)
	c.say("done")
})

// count increments both elements by turns, from 64 goroutines; they differ for
// a goroutine that is not alone.
func count(m *shared.Mutex, cells []int64, times int) {
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range times {
				must(m.Lock(context.Background()))
				if cells[0] != cells[1] {
					must(fmt.Errorf("two holders: %d and %d", cells[0], cells[1]))
				}
				cells[0]++
				cells[1]++
				must(m.Unlock())
			}
		})
	}
	wg.Wait()
}

func TestMutexStress(t *testing.T) {
	const times, processes = 200, 3
	m := newMutex(t)
	cells, err := shared.NewArray[int64](2)
	require.NoError(t, err)
	defer cells.Close()
	var ps []*process
	for range processes {
		ps = append(ps, start(t, mutexCounter, []string{strconv.Itoa(times)}, m, cells))
	}
	for _, p := range ps {
		p.expect("ready")
	}
	for _, p := range ps {
		p.tell("go")
	}
	count(m, cells.Slice(), times)
	for _, p := range ps {
		p.expect("done")
		p.wait()
	}
	require.EqualValues(t, 64*times*(processes+1), cells.Get(0))
	require.Equal(t, cells.Get(0), cells.Get(1))
}
