package syncs_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

func TestEventDescribesItself(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		require.Equal(t, "<Event [unset]>", event.String())
		waiting := s.Spawn(event.Wait)
		s.Turn()
		require.Equal(t, "<Event [unset, waiters:1]>", event.String())
		event.Set()
		s.Join(waiting)
		require.Equal(t, "<Event [set]>", event.String())
	})
}

func TestEventSetWakesWaitersInOrder(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		require.False(t, event.IsSet())
		var got []int
		wait := func(i int) *loop.Task[none] {
			return s.Spawn(func(ctx context.Context) error {
				err := event.Wait(ctx)
				got = append(got, i)
				return err
			})
		}
		t1, t2 := wait(1), wait(2)
		s.Turn()
		require.Empty(t, got)
		t3 := wait(3)
		event.Set()
		s.Turn()
		require.Equal(t, []int{3, 1, 2}, got, "3 finds it set; 1 and 2 were woken after 3 was ready")
		for _, task := range []*loop.Task[none]{t1, t2, t3} {
			require.True(t, task.IsDone())
			s.OK(task.Err())
		}
	})
}

func TestEventWaitOnASetEventReturnsAtOnce(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		event.Set()
		yielded := false
		s.Soon(func() { yielded = true })
		s.OK(event.Wait(s.Ctx))
		require.False(t, yielded)
	})
}

func TestEventCanceledWaiterLeavesTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		wait := s.Spawn(event.Wait)
		s.Soon(func() { wait.Cancel() })
		require.ErrorIs(t, s.AwaitErr(wait), context.Canceled)
		require.Equal(t, "<Event [unset]>", event.String())
	})
}

func TestEventClear(t *testing.T) {
	var event syncs.Event
	require.False(t, event.IsSet())
	event.Set()
	require.True(t, event.IsSet())
	event.Clear()
	require.False(t, event.IsSet())
}

func TestEventClearDoesNotHoldBackWhoWasWoken(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		var got []int
		task := s.Spawn(func(ctx context.Context) error {
			err := event.Wait(ctx)
			got = append(got, 1)
			return err
		})
		s.Turn()
		require.Empty(t, got)
		event.Set()
		event.Clear()
		require.False(t, event.IsSet())
		event.Set()
		event.Set()
		require.Contains(t, event.String(), "waiters:1")
		s.Turn()
		require.Equal(t, []int{1}, got)
		require.Equal(t, "<Event [set]>", event.String())
		require.True(t, task.IsDone())
		s.OK(task.Err())
	})
}

func TestEventWokenAndCanceledWaiterIsCanceled(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		task := s.Spawn(event.Wait)
		s.Turn()
		event.Set()
		task.Cancel()
		require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
	})
}
