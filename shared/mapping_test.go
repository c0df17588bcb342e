//go:build linux

package shared_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// The collector lets as much garbage lie as there is heap. Shared memory is none.
func TestSharedMemoryIsNotHeap(t *testing.T) {
	const size = 64 << 20
	heap := func() (now, next uint64) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.NextGC
	}
	before, nextBefore := heap()
	a, err := shared.NewArray[byte](size)
	closing(t, a, err)
	m, err := shared.NewMemory(size)
	closing(t, m, err)
	named := createMemory(t, "", size)
	require.Len(t, a.Slice(), size)
	require.Len(t, m.Bytes(), size)
	require.Len(t, named.Bytes(), size)
	now, next := heap()
	require.Less(t, int64(now)-int64(before), int64(16<<20))
	require.Less(t, int64(next)-int64(nextBefore), int64(32<<20))
	runtime.KeepAlive(a)
}

// mappings returns how many mappings this process has.
func mappings(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	return bytes.Count(b, []byte("\n"))
}

// The kernel grants a process 65,530 mappings, and the Go runtime dies without. What
// is closed, or dropped, must not keep its own, even if the collector never comes by
// itself.
func TestObjectsThatAreGoneKeepNoMappings(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before := mappings(t)
	most := 0
	for i := range 30_000 {
		v, err := shared.NewValue(i)
		require.NoError(t, err)
		_, err = v.MarshalBinary() // as if it were sent
		require.NoError(t, err)
		if i%2 == 0 {
			require.NoError(t, v.Close())
		}
		if i%5 == 0 {
			a, err := shared.NewArray[int](1)
			require.NoError(t, err)
			_, err = a.MarshalBinary()
			require.NoError(t, err)
			a.Slice()[0] = i
			require.NoError(t, a.Close())
		}
		if i%500 == 0 {
			most = max(most, mappings(t))
		}
	}
	require.Less(t, most-before, 15_000)
}

// Slices that outlive their array read zeros, and neither see nor spoil what comes
// after.
func TestStaleSlicesTouchNothingNew(t *testing.T) {
	var stale [][]int
	for range 50 {
		a, err := shared.NewArrayFrom([]int{1, 2, 3})
		require.NoError(t, err)
		stale = append(stale, a.Slice())
		require.NoError(t, a.Close())
	}
	for round := range 20 {
		var fresh []*shared.Array[int]
		for range 100 {
			a, err := shared.NewArrayFrom([]int{7, 7, 7})
			require.NoError(t, err)
			fresh = append(fresh, a)
		}
		runtime.GC()
		for _, s := range stale {
			require.Equal(t, round, s[0], "what was written there, and nothing else")
			require.Zero(t, s[1])
			s[0]++
		}
		for _, a := range fresh {
			require.Equal(t, []int{7, 7, 7}, a.Slice())
			require.NoError(t, a.Close())
		}
	}
}

// To find an object by its reference and to take part in it is one step: in between,
// its last handle could be closed, and what was decoded would be dead memory.
func TestDecodeWhileTheLastHandleIsClosed(t *testing.T) {
	for range 3000 {
		a, err := shared.NewArrayFrom([]int64{42})
		require.NoError(t, err)
		encoded, err := a.MarshalBinary()
		require.NoError(t, err)
		var wg sync.WaitGroup
		var decoded [3]shared.Array[int64]
		var errs [3]error
		for i := range decoded {
			wg.Go(func() { errs[i] = decoded[i].UnmarshalBinary(encoded) })
		}
		require.NoError(t, a.Close())
		wg.Wait()
		for i := range decoded {
			if errs[i] != nil {
				continue // too late, and told so
			}
			require.EqualValues(t, 42, decoded[i].Get(0))
			b, err := decoded[i].MarshalBinary()
			require.NoError(t, err)
			ref, err := handoff.ParseRef(b[len(b)-handoff.RefSize:])
			require.NoError(t, err)
			_, release, err := handoff.Open(ref.Object)
			require.NoError(t, err, "it can be sent on")
			release()
		}
		for i := range decoded {
			require.NoError(t, decoded[i].Close())
		}
	}
}

// A function under the lock may do what it likes: the lock is free afterwards, as
// after a with statement of Python.
func TestFunctionsUnderTheLock(t *testing.T) {
	v, err := shared.NewValue(1)
	closing(t, v, err)
	a := newArray(t, 1, 2)
	m, err := shared.NewMutex()
	closing(t, m, err)
	ways := map[string]struct {
		mutex  *shared.Mutex
		update func(fn func()) error
	}{
		"Value.Update": {v.Mutex(), func(fn func()) error {
			_, err := v.Update(func(old int) int { fn(); return old + 1 })
			return err
		}},
		"Array.Update": {a.Mutex(), func(fn func()) error { return a.Update(func([]int) { fn() }) }},
		"Mutex.Do":     {m, func(fn func()) error { return m.Do(context.Background(), func() error { fn(); return nil }) }},
	}
	for name, way := range ways {
		free := func(t *testing.T) {
			t.Helper()
			ok, err := way.mutex.TryLock()
			require.NoError(t, err, "and nothing is suspect")
			require.True(t, ok)
			require.NoError(t, way.mutex.Unlock())
		}
		t.Run(name+" panics", func(t *testing.T) {
			require.PanicsWithValue(t, "no", func() { _ = way.update(func() { panic("no") }) })
			free(t)
		})
		t.Run(name+" ends its goroutine", func(t *testing.T) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = way.update(runtime.Goexit)
			}()
			<-done
			free(t)
		})
		t.Run(name+" calls itself", func(t *testing.T) {
			var inner error
			require.NoError(t, way.update(func() { inner = way.update(func() {}) }))
			require.ErrorIs(t, inner, shared.ErrReentry)
			free(t)
			require.NoError(t, way.update(func() {}))
		})
		t.Run(name+" releases the lock itself", func(t *testing.T) {
			require.NoError(t, way.update(func() { require.NoError(t, way.mutex.Unlock()) }))
			free(t)
		})
	}
	require.Equal(t, 4, v.Load(), "a function that did not return changed nothing")
}

// silentContext does not answer whether it has ended.
type silentContext struct {
	context.Context
	answer chan struct{}
}

func (c silentContext) Err() error {
	<-c.answer
	return c.Context.Err()
}

// No queue is held while a context, which may be the user's code, is asked.
func TestAContextThatDoesNotAnswerStopsNobodyElse(t *testing.T) {
	m, err := shared.NewMutex()
	closing(t, m, err)
	require.NoError(t, m.Lock(t.Context()))
	silent := silentContext{t.Context(), make(chan struct{})}
	defer close(silent.answer)
	got := make(chan error, 2)
	visit := func(ctx context.Context) {
		got <- errors.Join(m.Lock(ctx), m.Unlock())
	}
	go visit(silent)
	require.Eventually(t, func() bool { return shared.InFront(m) }, 5*time.Second, time.Millisecond)
	go visit(t.Context())
	require.NoError(t, m.Unlock())
	for range 2 {
		select {
		case err := <-got:
			require.NoError(t, err)
		case <-time.After(5 * time.Second):
			t.Fatal("somebody waits behind a context")
		}
	}
}
