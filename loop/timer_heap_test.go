package loop

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTimerHeapAgainstASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q timerHeap
		var model []*TimerHandle
		var seq uint64
		sorted := func() {
			slices.SortStableFunc(model, func(a, b *TimerHandle) int {
				if a.when != b.when {
					return int(a.when - b.when)
				}
				return int(a.seq) - int(b.seq)
			})
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				seq++
				h := &TimerHandle{when: int64(rapid.IntRange(0, 20).Draw(t, "when")), seq: seq}
				q.push(h)
				model = append(model, h)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				sorted()
				require.Same(t, model[0], q.pop())
				model = model[1:]
			},
			"remove some": func(t *rapid.T) {
				k := rapid.Uint64Range(2, 5).Draw(t, "every")
				hit := func(h *TimerHandle) bool { return h.seq%k == 0 }
				q.removeIf(hit)
				model = slices.DeleteFunc(model, hit)
			},
			"": func(t *rapid.T) {
				require.Len(t, q, len(model))
				for _, h := range model {
					require.True(t, h.inHeap.Load())
				}
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
			require.Len(t, l.timers, 1_000)
			l.Stop()
		})
		require.NoError(t, err)
	})
	require.NoError(t, err)
	require.NoError(t, l.RunForever())
}
