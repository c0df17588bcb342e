package shared_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// What one goroutine does before it lets go of a lock happens before what the next one does
// that takes it, as with the locks of package sync: here for the race detector, which does not
// see what goes through shared memory.
func TestTheRaceDetectorSeesTheOrder(t *testing.T) {
	ctx := context.Background()
	mutex, err := shared.NewMutex()
	require.NoError(t, err)
	defer mutex.Close()
	rlock, err := shared.NewRLock()
	require.NoError(t, err)
	defer rlock.Close()
	sem, err := shared.NewSemaphore(1)
	require.NoError(t, err)
	defer sem.Close()
	value, err := shared.NewValue(0)
	require.NoError(t, err)
	defer value.Close()

	for name, in := range map[string]func(fn func()){
		"Mutex": func(fn func()) {
			require.NoError(t, mutex.Lock(ctx))
			fn()
			require.NoError(t, mutex.Unlock())
		},
		"RLock": func(fn func()) {
			require.NoError(t, rlock.Lock(ctx))
			fn()
			require.NoError(t, rlock.Unlock())
		},
		"Semaphore": func(fn func()) {
			require.NoError(t, sem.Acquire(ctx))
			fn()
			require.NoError(t, sem.Release())
		},
		"Value": func(fn func()) {
			_, err := value.Update(func(v int) int {
				fn()
				return v + 1
			})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 2000 {
						in(func() { n++ })
					}
				})
			}
			wg.Wait()
			require.Equal(t, 8000, n)
		})
	}
}

func TestTheRaceDetectorSeesWhatWokeAWaiter(t *testing.T) {
	ctx := context.Background()
	event, err := shared.NewEvent()
	require.NoError(t, err)
	defer event.Close()
	queue, err := shared.NewQueue[int](1)
	require.NoError(t, err)
	defer queue.Close()
	work, err := shared.NewQueueWith[int](shared.QueueConfig{Joinable: true})
	require.NoError(t, err)
	defer work.Close()
	count, err := shared.NewValue(0)
	require.NoError(t, err)
	defer count.Close()
	value, err := shared.NewValue(0)
	require.NoError(t, err)
	defer value.Close()
	barrier, err := shared.NewBarrier(2)
	require.NoError(t, err)
	defer barrier.Close()
	mutex, err := shared.NewMutex()
	require.NoError(t, err)
	defer mutex.Close()
	condition, err := shared.NewCondition(mutex)
	require.NoError(t, err)
	defer condition.Close()

	told := 0
	for name, c := range map[string]struct{ tell, hear func() error }{
		"Event":     {func() error { event.Set(); return nil }, func() error { return event.Wait(ctx) }},
		"Queue":     {func() error { return queue.Put(ctx, 1) }, func() error { _, err := queue.Get(ctx); return err }},
		"TaskDone":  {work.TaskDone, func() error { return work.Join(ctx) }},
		"Value.Add": {func() error { count.Add(1); return nil }, func() error { return spin(func() bool { return count.Load() == 1 }) }},
		"Value.Store": {func() error { value.Store(7); return nil }, func() error {
			return spin(func() bool { return value.CompareAndSwap(7, 8) })
		}},
		"Barrier": {func() error { _, err := barrier.Wait(ctx); return err }, func() error { _, err := barrier.Wait(ctx); return err }},
		"Condition": {
			nil, // below: what is told is told under the lock
			func() error {
				err := mutex.Lock(ctx)
				for err == nil && told == 0 {
					err = condition.Wait(ctx)
				}
				return errors.Join(err, mutex.Unlock())
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "TaskDone" {
				require.NoError(t, work.Put(ctx, 1))
				_, err := work.Get(ctx)
				require.NoError(t, err)
			}
			told = 0
			done := make(chan error, 1)
			go func() {
				if name == "Condition" {
					if err := mutex.Lock(ctx); err != nil {
						done <- err
						return
					}
					told = 1
					done <- errors.Join(condition.Notify(1), mutex.Unlock())
					return
				}
				told = 1
				done <- c.tell()
			}()
			require.NoError(t, c.hear())
			require.Equal(t, 1, told)
			require.NoError(t, <-done)
		})
	}
}

// spin waits for what only memory tells.
func spin(is func() bool) error {
	for !is() {
		runtime.Gosched()
	}
	return nil
}
