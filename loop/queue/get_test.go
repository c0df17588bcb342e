package queue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func TestGetOfWhatIsThereDoesNotYield(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		put(t, &q, 1)
		yielded := false
		_, err := s.L.CallSoon(func() { yielded = true })
		s.OK(err)
		require.Equal(t, 1, get(s, &q))
		require.False(t, yielded)
	})
}

func TestGetWakesThePutterThatWaits(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](1)
		s.OK(q.Put(s.Ctx, 1))
		p := putter(s, q, 2)
		s.Turn()
		require.False(t, p.IsDone())
		require.Equal(t, 1, get(s, q))
		s.Turn()
		require.True(t, p.IsDone())
		require.Equal(t, 2, get(s, q))
	})
}

func TestGetWaitsForAPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			var q queue.Queue[int]
			var started syncs.Event
			finished := false
			task := loop.CreateTask(s.Ctx, func(ctx context.Context) (int, error) {
				started.Set()
				v, err := q.Get(ctx)
				finished = true
				return v, err
			})
			s.OK(started.Wait(s.Ctx))
			require.False(t, finished)
			_, err := s.L.CallLater(10*time.Millisecond, func() { put(t, &q, 1) })
			s.OK(err)
			v, err := task.Await(s.Ctx)
			s.OK(err)
			require.True(t, finished)
			require.Equal(t, 1, v)
		})
	})
}

func TestGetNowait(t *testing.T) {
	var q queue.Queue[int]
	put(t, &q, 1)
	v, err := q.GetNowait()
	require.NoError(t, err)
	require.Equal(t, 1, v)
}

func TestGetNowaitOfAnEmptyQueue(t *testing.T) {
	var q queue.Queue[int]
	_, err := q.GetNowait()
	require.ErrorIs(t, err, queue.ErrEmpty)
}

func TestGetCanceledGetterIsPassedOver(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[string]
		t1, t2 := getter(s, &q), getter(s, &q)
		s.Turn()
		t1.Cancel()
		s.Turn()
		require.True(t, t1.IsDone())
		s.OK(q.Put(s.Ctx, "a"))
		s.Turn()
		require.Equal(t, "a", result(s, t2))
	})
}

func TestGetServesPuttersInOrder(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[string](1)
		a, b := putter(s, q, "a"), putter(s, q, "b")
		require.Equal(t, "a", get(s, q))
		require.Equal(t, "b", get(s, q))
		s.Join(a, b)
	})
}

func TestGetAndPutOfOneTaskEach(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](1)
		const n = 5
		producer := s.Spawn(func(ctx context.Context) error {
			for i := range n {
				if err := q.Put(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
		consumer := s.Spawn(func(ctx context.Context) error {
			for i := range n {
				v, err := q.Get(ctx)
				if err != nil {
					return err
				}
				require.Equal(t, i, v)
			}
			return nil
		})
		s.Join(producer, consumer)
		require.Equal(t, "<Queue maxsize=1 tasks=5>", q.String())
	})
}

func TestGetThatTimedOutLeavesNoGetterBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			q := queue.NewQueue[int](5)
			limit, cancel := context.WithTimeout(s.Ctx, 100*time.Millisecond)
			defer cancel()
			_, err := q.Get(limit)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, "<Queue maxsize=5>", q.String())

			_, err = future.WaitFor(s.Ctx, getter(s, q), 100*time.Millisecond)
			require.ErrorIs(t, err, loop.ErrTimeout)
			require.Equal(t, "<Queue maxsize=5>", q.String())
		})
	})
}

func TestGetThatIsCanceledAfterItWasWokenLosesNoItem(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		reader := getter(s, &q)
		s.Turn()
		put(t, &q, 1, 2)
		reader.Cancel()
		_, err := reader.Await(s.Ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, get(s, &q))
	})
}

func TestGetThatIsCanceledAfterItWasWokenWakesTheNext(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		first, second, third := getter(s, &q), getter(s, &q), getter(s, &q)
		s.Turn()
		put(t, &q, 1, 2)
		first.Cancel()
		_, err := first.Await(s.Ctx)
		require.ErrorIs(t, err, context.Canceled)
		_, err = third.Await(s.Ctx)
		s.OK(err)
		require.ElementsMatch(t, []int{1, 2}, []int{result(s, second), result(s, third)})
	})
}

func TestGetThatIsOvertakenWaitsAgain(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		g := getter(s, &q)
		s.Turn()
		put(t, &q, 1)
		require.Equal(t, 1, get(s, &q), "what is there is there for everybody, as in asyncio")
		s.Turn()
		require.False(t, g.IsDone())
		put(t, &q, 2)
		s.Turn()
		require.Equal(t, 2, result(s, g))
	})
}
