//go:build linux

package executor_test

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var (
	makeArray = executor.Register("test.makeArray", func(_ context.Context, n int64) (*shared.Array[int64], error) {
		a, err := shared.NewArray[int64](int(n))
		if err == nil {
			a.Slice()[n-1] = n
		}
		return a, err
	})
	limitFiles = executor.RegisterNoResult("test.limitFiles", func(_ context.Context, n uint64) error {
		return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n})
	})
	firstOf      = executor.Register("test.firstOf", func(_ context.Context, a *shared.Array[int64]) (int64, error) { return a.Get(0), nil })
	waitForEvent = executor.RegisterNoResult("test.waitForEvent", func(ctx context.Context, e *shared.Event) error { return e.Wait(ctx) })
	dieFirst     = executor.Register("test.dieFirst", func(_ context.Context, in timesAndArray) (int64, error) {
		if in.Times.Add(1) == 1 {
			return 0, errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), context.Canceled)
		}
		return in.Array.Get(0), nil
	})
	keptSlice []int64
	keepSlice = executor.RegisterNoResult("test.keepSlice", func(_ context.Context, a *shared.Array[int64]) error {
		keptSlice = a.Slice()
		return nil
	})
	keptFirst = executor.RegisterNoArg("test.keptFirst", func(context.Context) (int64, error) {
		runtime.GC()
		return keptSlice[0], nil
	})
	sumSlice = executor.Register("test.sumSlice", func(_ context.Context, a *shared.Array[int64]) (sum int64, err error) {
		s := a.Slice()
		runtime.GC() // the handle is not used any more, and the slice still is
		runtime.GC()
		for _, x := range s {
			sum += x
		}
		return sum, nil
	})
	mappedArrays = executor.RegisterNoArg("test.mappedArrays", func(context.Context) (int, error) {
		runtime.GC()
		b, err := os.ReadFile("/proc/self/maps")
		return strings.Count(string(b), "memfd:asyncgo "), err
	})
	workerPID = executor.RegisterNoArg("test.workerPID", func(context.Context) (int, error) { return os.Getpid(), nil })
	takeFatal = executor.RegisterNoResult("test.takeFatal", func(ctx context.Context, q *shared.Queue[fatalItem]) error {
		fatalDecode = true
		_, err := q.Get(ctx)
		return err
	})
	takeArray = executor.Register("test.takeArray", func(ctx context.Context, q *shared.Queue[*shared.Array[int64]]) (int64, error) {
		a, err := q.Get(ctx)
		if err != nil {
			return 0, err
		}
		return a.Get(0), a.Close()
	})
)

// A fatalItem kills the worker that decodes it.
type fatalItem struct {
	Array *shared.Array[int64]
	Fatal fatal
}

type fatal int

var fatalDecode bool

func (fatal) MarshalBinary() ([]byte, error) { return []byte{1}, nil }

func (*fatal) UnmarshalBinary([]byte) error {
	if fatalDecode {
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return nil
}

type timesAndArray struct {
	Times *shared.Value[int64]
	Array *shared.Array[int64]
}

// object returns the id of what a handle stands for.
func object(t *testing.T, handle encoding.BinaryMarshaler) handoff.ID {
	t.Helper()
	b, err := handle.MarshalBinary()
	require.NoError(t, err)
	ref, err := handoff.ParseRef(b[len(b)-handoff.RefSize:])
	require.NoError(t, err)
	return ref.Object
}

// alive reports whether this process could hand an object out.
func alive(id handoff.ID) bool {
	_, release, err := handoff.Open(id)
	if err == nil {
		release()
	}
	return err == nil
}

// sent returns an array whose first element is 42 and the id of it.
func sent(t *testing.T) (*shared.Array[int64], handoff.ID) {
	t.Helper()
	a, err := shared.NewArrayFrom([]int64{42, 1, 2})
	require.NoError(t, err)
	return a, object(t, a)
}

// A worker that returns shared objects used to keep the descriptor of each for half
// a minute.
func TestResultsHoldNoDescriptorsOnceTheParentHasThem(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	_, err := await(t, submit(t, p, limitFiles.Bind(64)))
	require.NoError(t, err)
	for i := range int64(3000) {
		a, err := await(t, submit(t, p, makeArray.Bind(i%1000+1)))
		require.NoError(t, err)
		require.Equal(t, i%1000+1, a.Get(int(i%1000)))
		require.NoError(t, a.Close())
	}
}

func TestAnArgumentStaysUntilItsCallEnds(t *testing.T) {
	// blocked returns a pool whose one worker runs a call until go on is called.
	blocked := func(t *testing.T, cfg executor.ProcessConfig) (p *executor.ProcessPool, goOn func()) {
		cfg.Workers = 1
		p = newProcessPool(t, cfg)
		e, err := shared.NewEvent()
		require.NoError(t, err)
		t.Cleanup(func() { _ = e.Close() })
		f := submit(t, p, waitForEvent.Bind(e))
		require.Eventually(t, func() bool { return p.Stats().Running == 1 && p.Stats().Idle == 0 }, patience, tick)
		return p, func() {
			e.Set()
			_, err := await(t, f)
			require.NoError(t, err)
		}
	}
	t.Run("queued for as long as it likes", func(t *testing.T) {
		p, goOn := blocked(t, executor.ProcessConfig{Prefetch: -1})
		a, id := sent(t)
		f := submit(t, p, firstOf.Bind(a))
		require.NoError(t, a.Close())
		runtime.GC()
		runtime.GC()
		require.True(t, alive(id))
		goOn()
		v, err := await(t, f)
		require.NoError(t, err)
		require.EqualValues(t, 42, v)
		require.False(t, alive(id))
	})
	t.Run("canceled", func(t *testing.T) {
		p, goOn := blocked(t, executor.ProcessConfig{})
		a, id := sent(t)
		f := submit(t, p, firstOf.Bind(a))
		require.NoError(t, a.Close())
		require.True(t, alive(id))
		f.Cancel()
		require.Eventually(t, func() bool { return !alive(id) }, patience, tick)
		goOn()
	})
	t.Run("its context has ended", func(t *testing.T) {
		p, goOn := blocked(t, executor.ProcessConfig{})
		a, id := sent(t)
		ctx, cancel := context.WithCancel(t.Context())
		f, err := executor.Submit(ctx, p, firstOf.Bind(a))
		require.NoError(t, err)
		require.NoError(t, a.Close())
		cancel()
		goOn()
		_, err = await(t, f)
		require.ErrorIs(t, err, context.Canceled)
		require.Eventually(t, func() bool { return !alive(id) }, patience, tick)
	})
	t.Run("refused", func(t *testing.T) {
		p, goOn := blocked(t, executor.ProcessConfig{MaxPending: 1, Prefetch: -1})
		f := submit(t, p, double.Bind(1))
		a, id := sent(t)
		_, err := executor.TrySubmit(t.Context(), p, firstOf.Bind(a))
		require.ErrorIs(t, err, executor.ErrQueueFull)
		require.True(t, alive(id), "it is still open")
		require.NoError(t, a.Close())
		require.False(t, alive(id))
		goOn()
		_, err = await(t, f)
		require.NoError(t, err)
	})
	t.Run("tried again after a crash", func(t *testing.T) {
		p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Retry: 1, Logger: quiet})
		a, id := sent(t)
		times, err := shared.NewValue(int64(0))
		require.NoError(t, err)
		f := submit(t, p, dieFirst.Bind(timesAndArray{times, a}))
		require.NoError(t, a.Close())
		require.NoError(t, times.Close())
		v, err := await(t, f)
		require.NoError(t, err)
		require.EqualValues(t, 42, v)
		require.False(t, alive(id))
	})
	t.Run("its pool is killed", func(t *testing.T) {
		p, _ := blocked(t, executor.ProcessConfig{Logger: quiet})
		a, id := sent(t)
		f := submit(t, p, firstOf.Bind(a))
		require.NoError(t, a.Close())
		p.Kill()
		_, err := await(t, f)
		require.Error(t, err)
		require.Eventually(t, func() bool { return !alive(id) }, patience, tick)
	})
	t.Run("an initializer's, for every worker", func(t *testing.T) {
		a, id := sent(t)
		p, err := executor.NewProcessPool(executor.ProcessConfig{Workers: 1, MaxTasks: 1, Initializer: keepSlice.Bind(a), Logger: quiet})
		require.NoError(t, err)
		require.NoError(t, a.Close())
		runtime.GC()
		for range 3 {
			v, err := await(t, submit(t, p, keptFirst.Bind()))
			require.NoError(t, err)
			require.EqualValues(t, 42, v, "what an initializer slices stays")
		}
		require.True(t, alive(id))
		require.NoError(t, p.Shutdown(t.Context()))
		require.False(t, alive(id))
	})
}

// The collector does not see slices of shared memory. What a call has sliced is there
// while the call runs, and not much longer.
func TestWhatACallHasSlicedGoesAfterIt(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	before, err := await(t, submit(t, p, mappedArrays.Bind())) // the worker's channel
	require.NoError(t, err)
	for range 20 {
		a, err := shared.NewArrayFrom(make([]int64, 1000))
		require.NoError(t, err)
		for i := range 1000 {
			a.Set(i, int64(i))
		}
		sum, err := await(t, submit(t, p, sumSlice.Bind(a)))
		require.NoError(t, err)
		require.EqualValues(t, 1000*999/2, sum)
		require.NoError(t, a.Close())
		made, err := await(t, submit(t, p, makeArray.Bind(1000)))
		require.NoError(t, err)
		require.NoError(t, made.Close())
	}
	require.Eventually(t, func() bool {
		n, err := await(t, submit(t, p, mappedArrays.Bind()))
		require.NoError(t, err)
		return n <= before
	}, patience, tick)
}

// Large memory that a call had goes after the call, though the worker has no other to
// run: another process may need it.
func TestAnIdleWorkerKeepsNoLargeMemory(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	pid, err := await(t, submit(t, p, workerPID.Bind()))
	require.NoError(t, err)
	mapped := func() int {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
		require.NoError(t, err)
		return strings.Count(string(b), "memfd:asyncgo ")
	}
	before := mapped()
	for range 3 {
		a, err := shared.NewArray[int64](4 << 20)
		require.NoError(t, err)
		sum, err := await(t, submit(t, p, sumSlice.Bind(a)))
		require.NoError(t, err)
		require.Zero(t, sum)
		require.NoError(t, a.Close())
		require.Eventually(t, func() bool { return mapped() <= before }, patience, tick)
	}
}

// An item of a queue may wait long after its sender has closed what is in it.
func TestAnItemStaysUntilItIsDecoded(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	q, err := shared.NewQueue[*shared.Array[int64]](0)
	require.NoError(t, err)
	defer q.Close()
	var ids []handoff.ID
	put := func() {
		a, id := sent(t)
		require.NoError(t, q.Put(t.Context(), a))
		require.NoError(t, a.Close())
		ids = append(ids, id)
	}
	put()
	put()
	runtime.GC()
	require.True(t, alive(ids[0]) && alive(ids[1]))
	v, err := await(t, submit(t, p, takeArray.Bind(q)))
	require.NoError(t, err)
	require.EqualValues(t, 42, v)
	put()
	require.False(t, alive(ids[0]), "it has arrived, and the next Put looks")
	require.True(t, alive(ids[1]) && alive(ids[2]))
	require.NoError(t, q.Close())
	require.False(t, alive(ids[1]) || alive(ids[2]), "without the queue it is on no way")
}

// A process that dies over an item takes nothing with it that its sender would have to keep.
func TestAnItemThatIsFatalToDecodeIsLetGoOf(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	q, err := shared.NewQueue[fatalItem](0)
	require.NoError(t, err)
	defer q.Close()
	put := func() handoff.ID {
		a, id := sent(t)
		require.NoError(t, q.Put(t.Context(), fatalItem{Array: a, Fatal: 1}))
		require.NoError(t, a.Close())
		return id
	}
	first := put()
	_, err = await(t, submit(t, p, takeFatal.Bind(q)))
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	require.True(t, alive(first))
	second := put()
	require.False(t, alive(first))
	require.True(t, alive(second))
	item, err := q.Get(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 42, item.Array.Get(0))
	require.NoError(t, item.Array.Close())
}

// A thousand items a second, with few descriptors on either side.
func TestItemsHoldNoDescriptorsOnceTheyAreDecoded(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1})
	_, err := await(t, submit(t, p, limitFiles.Bind(64)))
	require.NoError(t, err)
	q, err := shared.NewQueue[*shared.Array[int64]](0)
	require.NoError(t, err)
	defer q.Close()
	var last handoff.ID
	for range 1000 {
		a, id := sent(t)
		require.NoError(t, q.Put(t.Context(), a))
		require.NoError(t, a.Close())
		v, err := await(t, submit(t, p, takeArray.Bind(q)))
		require.NoError(t, err)
		require.EqualValues(t, 42, v)
		require.False(t, alive(last))
		last = id
	}
}
