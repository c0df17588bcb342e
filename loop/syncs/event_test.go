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
		waiting := s.spawn(event.Wait)
		s.turn()
		require.Equal(t, "<Event [unset, waiters:1]>", event.String())
		event.Set()
		s.join(waiting)
		require.Equal(t, "<Event [set]>", event.String())
	})
}

func TestEventSetWakesWaitersInOrder(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		require.False(t, event.IsSet())
		var got []int
		wait := func(i int) *loop.Task[none] {
			return s.spawn(func(ctx context.Context) error {
				err := event.Wait(ctx)
				got = append(got, i)
				return err
			})
		}
		t1, t2 := wait(1), wait(2)
		s.turn()
		require.Empty(t, got)
		t3 := wait(3)
		event.Set()
		s.turn()
		require.Equal(t, []int{3, 1, 2}, got, "3 finds it set; 1 and 2 were woken after 3 was ready")
		for _, task := range []*loop.Task[none]{t1, t2, t3} {
			require.True(t, task.IsDone())
			s.ok(task.Err())
		}
	})
}

func TestEventWaitOnASetEventReturnsAtOnce(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		event.Set()
		yielded := false
		s.soon(func() { yielded = true })
		s.ok(event.Wait(s.ctx))
		require.False(t, yielded)
	})
}

func TestEventCanceledWaiterLeavesTheQueue(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		wait := s.spawn(event.Wait)
		s.soon(func() { wait.Cancel() })
		require.ErrorIs(t, s.awaitErr(wait), context.Canceled)
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
		task := s.spawn(func(ctx context.Context) error {
			err := event.Wait(ctx)
			got = append(got, 1)
			return err
		})
		s.turn()
		require.Empty(t, got)
		event.Set()
		event.Clear()
		require.False(t, event.IsSet())
		event.Set()
		event.Set()
		require.Contains(t, event.String(), "waiters:1")
		s.turn()
		require.Equal(t, []int{1}, got)
		require.Equal(t, "<Event [set]>", event.String())
		require.True(t, task.IsDone())
		s.ok(task.Err())
	})
}

func TestEventWokenAndCanceledWaiterIsCanceled(t *testing.T) {
	onLoop(t, func(s *scene) {
		var event syncs.Event
		task := s.spawn(event.Wait)
		s.turn()
		event.Set()
		task.Cancel()
		require.ErrorIs(t, s.awaitErr(task), context.Canceled)
	})
}
