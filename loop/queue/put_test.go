package queue_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func TestPutWithoutBoundNeverWaits(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		yielded := false
		_, err := s.L.CallSoon(func() { yielded = true })
		s.OK(err)
		s.OK(q.Put(s.Ctx, 1))
		require.False(t, yielded)
		require.Equal(t, 1, get(s, &q))
	})
}

func TestPutWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onLoop(t, func(s *scene) {
			q := queue.NewQueue[int](1)
			var started syncs.Event
			finished := false
			_, err := s.L.CallLater(10*time.Millisecond, func() {
				_, err := q.GetNowait()
				s.OK(err)
			})
			s.OK(err)
			task := s.Spawn(func(ctx context.Context) error {
				started.Set()
				s.OK(q.Put(ctx, 1))
				err := q.Put(ctx, 2)
				finished = true
				return err
			})
			s.OK(started.Wait(s.Ctx))
			require.False(t, finished)
			s.Join(task)
			require.True(t, finished)
		})
	})
}

func TestPutNowait(t *testing.T) {
	q := queue.NewQueue[int](1)
	require.NoError(t, q.PutNowait(1))
	v, err := q.GetNowait()
	require.NoError(t, err)
	require.Equal(t, 1, v)
}

func TestPutNowaitInAFullQueue(t *testing.T) {
	q := queue.NewQueue[int](1)
	put(t, q, 1)
	require.ErrorIs(t, q.PutNowait(2), queue.ErrFull)
	require.Equal(t, 1, q.Qsize())
}

func TestPutThatIsCanceledAfterItWasWokenHasNotPut(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](1)
		put(t, q, 1)
		writer := putter(s, q, 2)
		s.Turn()
		require.Equal(t, 1, get(s, q))
		writer.Cancel()
		_, err := writer.Await(s.Ctx)
		require.ErrorIs(t, err, context.Canceled)
		s.Join(putter(s, q, 2))
		require.Equal(t, 2, get(s, q))
		require.Zero(t, q.Qsize())
	})
}

func TestPutOfATaskThatEndsAtOnce(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[int]
		p := putter(s, &q, 1)
		require.Equal(t, 1, get(s, &q))
		require.True(t, p.IsDone())
		s.OK(p.Err())
	})
}

func TestPutCanceledPutterIsPassedOver(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[string](1)
		a, b, x := putter(s, q, "a"), putter(s, q, "b"), putter(s, q, "X")
		s.Turn()
		require.True(t, a.IsDone())
		require.False(t, b.IsDone())
		x.Cancel()
		s.Turn()
		require.True(t, x.IsDone())
		require.Equal(t, "a", get(s, q))
		s.Turn()
		require.Equal(t, "b", get(s, q))
		s.Join(b)
	})
}

func TestPutThatIsCanceledAfterItWasWokenWakesTheNext(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](1)
		put(t, q, 0)
		first, second := putter(s, q, 1), putter(s, q, 2)
		s.Turn()
		require.Equal(t, 0, get(s, q))
		first.Cancel()
		s.Join(second)
		require.True(t, first.Canceled())
		require.Equal(t, 2, get(s, q))
	})
}

func TestPutWakesTheGetterThatWaits(t *testing.T) {
	onLoop(t, func(s *scene) {
		var q queue.Queue[string]
		g := getter(s, &q)
		s.Turn()
		s.OK(q.Put(s.Ctx, "a"))
		v, err := g.Await(s.Ctx)
		s.OK(err)
		require.Equal(t, "a", v)
	})
}

func TestPutManyPuttersAndAGetterThatTakesAll(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](2)
		tasks := append([]*loop.Task[none]{}, s.Spawn(func(ctx context.Context) error {
			s.Turn()
			for range q.Qsize() {
				if _, err := q.GetNowait(); err != nil {
					return err
				}
			}
			return nil
		}))
		for i := range 4 {
			tasks = append(tasks, putter(s, q, i))
		}
		s.Join(tasks...)
		require.Equal(t, []int{2, 3}, []int{get(s, q), get(s, q)})
	})
}

func TestPutThatWasCanceledLeavesNoPutterBehind(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](1)
		put(t, q, 1)
		p := putter(s, q, 1)
		s.Turn()
		require.Contains(t, q.String(), "putters[1]")
		p.Cancel()
		_, err := p.Await(s.Ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.NotContains(t, q.String(), "putters")
	})
}

func TestPutThatIsCanceledWhenItHasLeftTheLineAlready(t *testing.T) {
	onLoop(t, func(s *scene) {
		q := queue.NewQueue[int](1)
		put(t, q, 1)
		p := putter(s, q, 1)
		s.Turn()
		_, err := q.GetNowait() // takes it out of the line
		s.OK(err)
		require.NotContains(t, q.String(), "putters")
		p.Cancel()
		_, err = p.Await(s.Ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, q.Empty())
	})
}
