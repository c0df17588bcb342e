package loop

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTimerQueueAgainstASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q timerQueue
		var model []*TimerHandle // in the order in which they came
		least := func() int {
			return slices.IndexFunc(model, func(a *TimerHandle) bool {
				return !slices.ContainsFunc(model, func(b *TimerHandle) bool { return b.when < a.when })
			})
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				h := &TimerHandle{when: int64(rapid.IntRange(0, 20).Draw(t, "when"))}
				q.push(h)
				model = append(model, h)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i := least()
				require.Same(t, &model[i].Handle, q.first())
				require.Equal(t, model[i].when, q.when())
				require.Same(t, &model[i].Handle, q.pop())
				model = slices.Delete(model, i, i+1)
			},
			"remove some": func(t *rapid.T) {
				chosen := map[*Handle]bool{}
				for _, h := range model {
					chosen[&h.Handle] = rapid.Bool().Draw(t, "removed")
				}
				hit := func(h *Handle) bool { return chosen[h] }
				q.removeIf(hit)
				model = slices.DeleteFunc(model, func(h *TimerHandle) bool { return hit(&h.Handle) })
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), q.len())
				waiting := len(q.heap)
				for i := range q.lanes {
					waiting += len(q.lanes[i].items) - q.lanes[i].head
					require.True(t, i < q.used || q.lanes[i].empty())
				}
				require.Equal(t, len(model), waiting)
			},
		})
	})
}

func TestCanceledTimersAreSweptWhenTheyAreTheMajority(t *testing.T) {
	l := New(Config{})
	defer func() { require.NoError(t, l.Close()) }()
	_, err := l.CallSoon(func() {
		handles := make([]*TimerHandle, 10_000)
		for i := range handles {
			h, err := l.CallLater(time.Hour+time.Duration(rand.IntN(1000))*time.Second, func() {})
			require.NoError(t, err)
			handles[i] = h
		}
		for _, h := range handles[:9_000] {
			h.Cancel()
			h.Cancel()
			require.Nil(t, h.fn, "a canceled timer lets go of its callback at once")
		}
		_, err := l.CallSoon(func() {
			require.Equal(t, 1_000, l.timers.len())
			l.Stop()
		})
		require.NoError(t, err)
	})
	require.NoError(t, err)
	require.NoError(t, l.RunForever())
}
