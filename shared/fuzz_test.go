package shared_test

import (
	"bytes"
	"context"
	"encoding"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// handle is what every type of the package is.
type handle interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
	Close() error
}

// Whatever bytes arrive as a handle, the answer is an error or a handle that
// works.
func FuzzUnmarshal(f *testing.F) {
	ok := func(h handle, err error) {
		require.NoError(f, err)
		f.Cleanup(func() { _ = h.Close() })
		b, err := h.MarshalBinary()
		require.NoError(f, err)
		f.Add(b)
	}
	value, err := shared.NewValue(1.5)
	ok(value, err)
	array, err := shared.NewArray[int32](10)
	ok(array, err)
	mutex, err := shared.NewMutex()
	ok(mutex, err)
	rlock, err := shared.NewRLock()
	ok(rlock, err)
	semaphore, err := shared.NewSemaphore(1)
	ok(semaphore, err)
	bounded, err := shared.NewBoundedSemaphore(1)
	ok(bounded, err)
	event, err := shared.NewEvent()
	ok(event, err)
	condition, err := shared.NewCondition(mutex)
	ok(condition, err)
	own, err := shared.NewCondition(nil)
	ok(own, err)
	barrier, err := shared.NewBarrier(1)
	ok(barrier, err)
	queue, err := shared.NewQueueWith[string](shared.QueueConfig{Bytes: 100})
	ok(queue, err)
	memory, err := shared.NewMemory(100)
	ok(memory, err)
	end, end2, err := shared.Pipe[int]()
	ok(end, err)
	ok(end2, err)

	list, err := shared.NewShareableList(1, "text")
	ok(list, err)
	done, cancel := context.WithCancel(f.Context())
	cancel()
	f.Fuzz(func(t *testing.T, b []byte) {
		use := func(h handle, use func()) {
			if h.UnmarshalBinary(b) == nil {
				use()
				require.NoError(t, h.Close())
			}
		}
		var (
			value     shared.Value[float64]
			array     shared.Array[int32]
			mutex     shared.Mutex
			rlock     shared.RLock
			semaphore shared.Semaphore
			bounded   shared.BoundedSemaphore
			event     shared.Event
			condition shared.Condition
			barrier   shared.Barrier
			queue     shared.Queue[string]
			memory    shared.Memory
			conn      shared.Conn[int]
			list      shared.ShareableList
		)
		use(&value, func() { value.Add(1) })
		use(&array, func() { require.Len(t, array.Slice(), array.Len()) })
		use(&mutex, func() { _ = mutex.Do(t.Context(), func() error { return nil }) })
		use(&rlock, func() { _ = rlock.Lock(t.Context()); _ = rlock.Unlock() })
		use(&semaphore, func() { semaphore.Value() })
		use(&bounded, func() { bounded.Value() })
		use(&event, event.Set)
		use(&condition, func() { _ = condition.Mutex().Do(t.Context(), condition.NotifyAll) })
		use(&barrier, func() { _, _ = barrier.Wait(t.Context()) })
		use(&queue, func() { _ = queue.TryPut("x"); _, _ = queue.TryGet() })
		use(&list, func() { _ = list.Set(list.Len()-1, list.Get(0)) })
		use(&conn, func() { conn.Poll(done) })
		if len(b) > 0 && b[0] != 1 { // not by name: those are not ours to open
			use(&memory, func() { memory.Bytes()[0]++ })
		}
	})
}

// A process that writes garbage into a queue spoils the queue, not its users.
func FuzzQueueMemory(f *testing.F) {
	f.Add([]byte{0, 1, 2}, uint16(0))
	f.Add([]byte("some garbage of a process that is not well"), uint16(3))
	f.Fuzz(func(t *testing.T, garbage []byte, at uint16) {
		q, err := shared.NewQueueWith[[]string](shared.QueueConfig{Bytes: 300, Joinable: true})
		require.NoError(t, err)
		defer q.Close()
		for range 3 {
			require.NoError(t, q.TryPut([]string{"a", "b"}))
		}
		shared.Spoil(q, int(at), garbage)
		for range 10 {
			_, _ = q.TryGet()
			_ = q.TryPut([]string{"c"})
			_ = q.TaskDone()
		}
	})
}

// The same for a list, whose table of items is shared, too.
func FuzzShareableListMemory(f *testing.F) {
	f.Add([]byte{255, 255, 255}, uint16(0))
	f.Add([]byte{1, 0, 0, 0, 1}, uint16(4))
	f.Add(bytes.Repeat([]byte{255, 255, 255, 255, 1, 0, 0, 0}, 8), uint16(0)) // lengths that are negative as an int of 32 bits
	f.Fuzz(func(t *testing.T, garbage []byte, at uint16) {
		l, err := shared.NewShareableList("a", 1, nil)
		require.NoError(t, err)
		defer l.Close()
		shared.Spoil(l, int(at), garbage)
		for i := range l.Len() {
			l.Get(i)
			_ = l.Set(i, "b")
		}
	})
}
