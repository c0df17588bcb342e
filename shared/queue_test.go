package shared_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newQueue[T any](t testing.TB, config shared.QueueConfig) *shared.Queue[T] {
	t.Helper()
	q, err := shared.NewQueueWith[T](config)
	return closing(t, q, err)
}

func ExampleQueue() {
	q, err := shared.NewQueue[string](2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer q.Close()

	ctx := context.Background()
	fmt.Println(q.Put(ctx, "a"), q.Put(ctx, "b"), errors.Is(q.TryPut("c"), shared.ErrFull))
	fmt.Println(q.Get(ctx))
	fmt.Println(q.TryGet())
	_, err = q.TryGet()
	fmt.Println(errors.Is(err, shared.ErrEmpty))
	// Output:
	// <nil> <nil> true
	// a <nil>
	// b <nil>
	// true
}

type record struct {
	Name   string
	Scores map[string]int
	When   time.Time
	Next   *record
	Cell   *shared.Value[float64]
}

func TestQueueCarriesWhatItIsGiven(t *testing.T) {
	carry(t, 7)
	carry(t, point{1, 2, 3})
	carry(t, "")
	carry(t, "text")
	carry(t, []byte{})
	carry(t, []byte("bytes"))
	carry(t, []string{"a", "b"})
	carry(t, map[string]int{"a": 1})
	carry(t, record{Name: "n", Scores: map[string]int{"x": 1}, When: time.Unix(1, 0).UTC(), Next: &record{Name: "m"}})
	carry[*record](t, nil)
	carry(t, huge{999: 1})

	t.Run("a handle", func(t *testing.T) {
		v := newValue(t, 1.0)
		q := newQueue[record](t, shared.QueueConfig{})
		require.NoError(t, q.Put(t.Context(), record{Cell: v}))
		r, err := q.Get(t.Context())
		require.NoError(t, err)
		r.Cell.Store(2)
		require.Equal(t, 2.0, v.Load())
		require.NoError(t, r.Cell.Close())
	})
	t.Run("what cannot be encoded is an error of its own", func(t *testing.T) {
		q := newQueue[func()](t, shared.QueueConfig{})
		require.ErrorContains(t, q.Put(t.Context(), func() {}), "cannot be encoded")
		require.Zero(t, q.Len())
	})
}

func carry[T any](t *testing.T, v T) {
	t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
		q := newQueue[T](t, shared.QueueConfig{})
		for range 3 {
			require.NoError(t, q.Put(t.Context(), v))
		}
		require.Equal(t, 3, q.Len())
		for range 3 {
			got, err := q.Get(t.Context())
			require.NoError(t, err)
			require.Equal(t, v, got)
		}
	})
}

func TestQueueWaits(t *testing.T) {
	t.Run("deadlines", func(t *testing.T) {
		q := newQueue[int](t, shared.QueueConfig{Items: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := q.Get(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, q.Put(ctx, 1), "a done context does not keep it from room")
		require.ErrorIs(t, q.Put(ctx, 2), context.DeadlineExceeded)
		got, err := q.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, got)
	})
	t.Run("large items wait for room, small ones need not", func(t *testing.T) {
		q := newQueue[string](t, shared.QueueConfig{Bytes: 1000})
		require.NoError(t, q.Put(t.Context(), strings.Repeat("a", 600)))
		got := make(chan error)
		go func() { got <- q.Put(context.Background(), strings.Repeat("b", 600)) }()
		require.Eventually(t, func() bool { return shared.Sleepers(q) > 0 }, 5*time.Second, time.Millisecond)
		require.NoError(t, q.Put(t.Context(), "small"))
		for _, n := range []int{600, 5} {
			item, err := q.Get(t.Context())
			require.NoError(t, err)
			require.Len(t, item, n)
		}
		require.NoError(t, <-got)
		require.ErrorIs(t, q.Put(t.Context(), strings.Repeat("c", 1000)), shared.ErrTooLarge)
	})
	t.Run("closing wakes both sides", func(t *testing.T) {
		q := newQueue[int](t, shared.QueueConfig{Items: 1})
		got := make(chan error)
		go func() {
			_, err := q.Get(context.Background())
			got <- err
		}()
		require.Eventually(t, func() bool { return shared.Sleepers(q) > 0 }, 5*time.Second, time.Millisecond)
		require.NoError(t, q.Close())
		require.ErrorIs(t, <-got, shared.ErrClosed)
		require.ErrorIs(t, q.Put(t.Context(), 1), shared.ErrClosed)
		_, err := q.TryGet()
		require.ErrorIs(t, err, shared.ErrClosed)
		require.PanicsWithValue(t, shared.ErrClosed, func() { q.Len() })
	})
	t.Run("a config out of range is an error", func(t *testing.T) {
		_, err := shared.NewQueueWith[int](shared.QueueConfig{Bytes: -1})
		require.ErrorContains(t, err, "-1 Bytes")
	})
	t.Run("zero and less mean no bound on the number of items, as in Python", func(t *testing.T) {
		for _, maxsize := range []int{0, -1, math.MinInt} {
			q, err := shared.NewQueue[int](maxsize)
			require.NoError(t, err)
			for i := range 1000 {
				require.NoError(t, q.TryPut(i))
			}
			require.NoError(t, q.Close())
		}
		q, err := shared.NewQueue[int](1)
		require.NoError(t, err)
		require.NoError(t, q.TryPut(1))
		require.ErrorIs(t, q.TryPut(2), shared.ErrFull)
		require.NoError(t, q.Close())
	})
	t.Run("another type of item is refused", func(t *testing.T) {
		q := newQueue[int](t, shared.QueueConfig{})
		b, err := q.MarshalBinary()
		require.NoError(t, err)
		require.ErrorIs(t, new(shared.Queue[string]).UnmarshalBinary(b), shared.ErrType)
	})
}

func TestQueueJoin(t *testing.T) {
	q := newQueue[int](t, shared.QueueConfig{Joinable: true})
	require.NoError(t, q.Join(t.Context()), "nothing was put")
	require.ErrorIs(t, q.TaskDone(), shared.ErrNoTask)
	for i := range 10 {
		require.NoError(t, q.Put(t.Context(), i))
	}
	joined := make(chan error)
	go func() { joined <- q.Join(context.Background()) }()
	for i := range 10 {
		got, err := q.Get(t.Context())
		require.NoError(t, err)
		require.Equal(t, i, got)
	}
	for range 10 {
		select {
		case err := <-joined:
			require.Fail(t, "joined too early", err)
		default:
		}
		require.NoError(t, q.TaskDone())
	}
	require.NoError(t, <-joined)
	require.ErrorIs(t, q.TaskDone(), shared.ErrNoTask)

	plain := newQueue[int](t, shared.QueueConfig{})
	require.ErrorIs(t, plain.Join(t.Context()), errors.ErrUnsupported)
	require.ErrorIs(t, plain.TaskDone(), errors.ErrUnsupported)
}

// The queue is a slice with two limits.
func TestQueueModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const bytes = 200
		items := rapid.IntRange(0, 5).Draw(t, "items")
		q, err := shared.NewQueueWith[string](shared.QueueConfig{Items: items, Bytes: bytes, Joinable: true})
		require.NoError(t, err)
		defer q.Close()
		var is []string
		used, owed := 0, 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				item := rapid.StringN(0, -1, bytes).Draw(t, "item")
				err := q.TryPut(item)
				switch size := len(item) + 4; {
				case size > bytes:
					require.ErrorIs(t, err, shared.ErrTooLarge)
				case items > 0 && len(is) == items || used+size > bytes:
					require.ErrorIs(t, err, shared.ErrFull)
				default:
					require.NoError(t, err)
					is, used = append(is, item), used+size
				}
			},
			"get": func(t *rapid.T) {
				item, err := q.TryGet()
				if len(is) == 0 {
					require.ErrorIs(t, err, shared.ErrEmpty)
					return
				}
				require.NoError(t, err)
				require.Equal(t, is[0], item)
				is, used, owed = is[1:], used-len(item)-4, owed+1
			},
			"done": func(t *rapid.T) {
				err := q.TaskDone()
				require.Equal(t, owed > 0, err == nil)
				owed = max(owed-1, 0)
			},
			"": func(t *rapid.T) { require.Equal(t, len(is), q.Len()) },
		})
		for ; owed > 0; owed-- {
			require.NoError(t, q.TaskDone())
		}
	})
}

var queueProducer = helper("queue producer", func(c *child) {
	var q shared.Queue[[2]int]
	c.decode(&q)
	name, err := strconv.Atoi(c.args[0])
	must(err)
	c.hear()
	for i := range 500 {
		must(q.Put(context.Background(), [2]int{name, i}))
	}
	c.say("done")
})

func TestQueueAcrossProcesses(t *testing.T) {
	q := newQueue[[2]int](t, shared.QueueConfig{Items: 10})
	var ps []*process
	for i := range 3 {
		p := start(t, queueProducer, []string{strconv.Itoa(i)}, q)
		p.tell("go")
		ps = append(ps, p)
	}
	var mu sync.Mutex
	got := map[int][]int{}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 500 {
				item, err := q.Get(context.Background())
				must(err)
				mu.Lock()
				got[item[0]] = append(got[item[0]], item[1])
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for i, p := range ps {
		p.expect("done")
		p.wait()
		slices.Sort(got[i]) // three consumers take turns in storing
		require.Len(t, slices.Compact(got[i]), 500)
	}
}

var queueVictim = helper("queue victim", func(c *child) {
	var q shared.Queue[string]
	c.decode(&q)
	must(q.Put(context.Background(), "warm"))
	_, err := q.Get(context.Background())
	must(err)
	must(q.TaskDone())
	skip, err := strconv.Atoi(c.args[1])
	must(err)
	shm.OnStep(func(int) {
		if skip--; skip == 0 {
			die()
		}
	})
	if c.args[0] == "put" {
		must(q.Put(context.Background(), "second"))
	} else {
		_, err := q.Get(context.Background())
		must(err)
	}
	c.say("survived")
	c.hear()
})

// A producer or consumer is killed at every step of its locks; the queue has the
// item or has it not, and works on.
func TestQueueUserDiesAtEveryStep(t *testing.T) {
	for _, what := range []string{"put", "get"} {
		survived := false
		for step := 1; !survived; step++ {
			require.Less(t, step, 100)
			q := newQueue[string](t, shared.QueueConfig{Joinable: true, Bytes: 100})
			if what == "put" {
				require.NoError(t, q.Put(t.Context(), "first"))
				// The victim's warming up needs an item to get, and gets this one.
			}
			p := start(t, queueVictim, []string{what, strconv.Itoa(step)}, q)
			if what == "get" {
				// It gets its own warm one first, then waits for this.
				require.NoError(t, q.Put(t.Context(), "first"))
			}
			survived = p.out.Scan()
			p.kill()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			for n := q.Len(); n > 0; n-- {
				_, err := q.Get(ctx)
				require.NoError(t, err)
				require.NoError(t, q.TaskDone())
			}
			require.NoError(t, q.Join(ctx), "what the dead owed is forgiven")
			require.NoError(t, q.Put(ctx, strings.Repeat("x", 90)))
			item, err := q.Get(ctx)
			require.NoError(t, err)
			require.Len(t, item, 90)
			require.NoError(t, q.TaskDone())
			cancel()
		}
	}
}
