package future_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A reference is a future in the plainest form: a mutex, a condition and a list. It
// is what Future must not be told apart from.
type reference struct {
	mu    sync.Mutex
	cond  *sync.Cond
	state future.State
	val   int
	err   error
	fns   []func()
	ids   []int
	last  int
}

func newReference() *reference {
	r := &reference{}
	r.cond = sync.NewCond(&r.mu)
	return r
}

func (r *reference) settle(s future.State, v int, err error) bool {
	r.mu.Lock()
	if r.state >= future.StateFinished {
		r.mu.Unlock()
		return false
	}
	r.state, r.val, r.err = s, v, err
	fns := r.fns
	r.fns, r.ids = nil, nil
	r.cond.Broadcast()
	r.mu.Unlock()
	for _, fn := range fns {
		fn()
	}
	return true
}

func (r *reference) setRunning() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != future.StatePending {
		return false
	}
	r.state = future.StateRunning
	return true
}

func (r *reference) cancel(cause error) bool {
	r.mu.Lock()
	state := r.state
	r.mu.Unlock()
	switch state {
	case future.StatePending:
		return r.settle(future.StateCanceled, 0, &future.CanceledError{Cause: cause})
	case future.StateCanceled:
		return true
	}
	return false
}

func (r *reference) add(fn func()) int {
	r.mu.Lock()
	r.last++
	id := r.last
	if r.state < future.StateFinished {
		r.fns, r.ids = append(r.fns, fn), append(r.ids, id)
		r.mu.Unlock()
		return id
	}
	r.mu.Unlock()
	fn()
	return id
}

func (r *reference) remove(id int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.ids {
		if r.ids[i] == id {
			r.fns, r.ids = append(r.fns[:i], r.fns[i+1:]...), append(r.ids[:i], r.ids[i+1:]...)
			return true
		}
	}
	return false
}

func (r *reference) await() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.state < future.StateFinished {
		r.cond.Wait()
	}
	return r.val, r.err
}

// A pair does everything to a future and to its reference, and compares.
type pair struct {
	t      require.TestingT
	p      *future.Promise[int]
	ref    *reference
	tokens []future.Token
	ids    []int
	got    []int // callbacks of the future that ran
	want   []int // callbacks of the reference that ran
}

func newPair(t require.TestingT) *pair {
	return &pair{t: t, p: future.New[int](), ref: newReference()}
}

// operations is how many operations there are.
const operations = 10

// do does the operation op with the argument arg.
func (c *pair) do(op, arg int) {
	f := c.p.Future()
	switch op % operations {
	case 0:
		require.Equal(c.t, c.ref.settle(future.StateFinished, arg, nil), c.p.SetResult(arg) == nil)
	case 1:
		err := fmt.Errorf("error %d", arg)
		require.Equal(c.t, c.ref.settle(future.StateFinished, 0, err), c.p.SetError(err) == nil)
	case 2:
		err := fmt.Errorf("reason %d", arg)
		require.Equal(c.t, c.ref.settle(future.StateCanceled, 0, &future.CanceledError{Cause: err}), c.p.SetCanceled(err) == nil)
	case 3:
		require.Equal(c.t, c.ref.setRunning(), c.p.SetRunning())
	case 4:
		err := fmt.Errorf("request %d", arg)
		require.Equal(c.t, c.ref.cancel(err), f.CancelCause(err))
	case 5, 6:
		i := len(c.tokens)
		c.tokens = append(c.tokens, f.OnDone(func() { c.got = append(c.got, i) }))
		c.ids = append(c.ids, c.ref.add(func() { c.want = append(c.want, i) }))
	case 7:
		if len(c.ids) > 0 {
			i := arg % len(c.ids)
			require.Equal(c.t, c.ref.remove(c.ids[i]), f.RemoveDoneCallback(c.tokens[i]))
		}
	case 8: // a callback that adds one and removes one
		i := len(c.tokens)
		c.tokens = append(c.tokens, f.OnDone(func() {
			c.got = append(c.got, i)
			f.OnDone(func() { c.got = append(c.got, -i) })
			if i > 0 {
				f.RemoveDoneCallback(c.tokens[0])
			}
		}))
		c.ids = append(c.ids, c.ref.add(func() {
			c.want = append(c.want, i)
			c.ref.add(func() { c.want = append(c.want, -i) })
			if i > 0 {
				c.ref.remove(c.ids[0])
			}
		}))
	case 9:
		_ = f.Done() // makes the channel, and changes nothing
	}
	c.check()
}

func (c *pair) check() {
	f := c.p.Future()
	require.Equal(c.t, c.ref.state, f.State())
	require.Equal(c.t, c.want, c.got)
	require.Equal(c.t, c.ref.state >= future.StateFinished, f.IsDone())
	select {
	case <-f.Done():
		require.True(c.t, f.IsDone())
		wantV, wantErr := c.ref.await()
		v, err := f.Await(context.Background())
		require.Equal(c.t, wantV, v)
		require.Equal(c.t, wantErr, err)
	default:
		require.False(c.t, f.IsDone())
		_, err := f.Result()
		require.ErrorIs(c.t, err, future.ErrInvalidState)
	}
}

func TestAFutureBehavesAsItsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newPair(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			// Settling is made rarer, or all would be over at once.
			op := rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 9}).Draw(t, "op")
			c.do(op, rapid.IntRange(0, 100).Draw(t, "arg"))
		}
	})
}

// FuzzFutureOps reads operations from bytes, one operation and one argument at a
// time, and compares a future with its reference.
func FuzzFutureOps(f *testing.F) {
	f.Add([]byte{5, 0, 5, 1, 7, 0, 0, 9})
	f.Add([]byte{3, 0, 4, 0, 5, 0, 1, 1, 5, 2})
	f.Add([]byte{8, 0, 8, 1, 7, 1, 2, 3, 8, 4})
	f.Fuzz(func(t *testing.T, ops []byte) {
		c := newPair(t)
		for i := 0; i+1 < len(ops); i += 2 {
			c.do(int(ops[i]), int(ops[i+1]))
		}
	})
}

func TestManyGoroutinesRaceForOneFuture(t *testing.T) {
	for round := range 200 {
		p := future.New[int]()
		f := p.Future()
		var wg sync.WaitGroup
		var mu sync.Mutex
		winners, called := 0, 0
		outcomes := map[string]int{}
		note := func(won bool) {
			if won {
				mu.Lock()
				winners++
				mu.Unlock()
			}
		}
		const each = 4
		for i := range each {
			wg.Go(func() { note(p.Settle(i, nil)) })
			wg.Go(func() { note(p.SetError(errBoom) == nil) })
			wg.Go(func() { note(p.SetCanceled(errBoom) == nil) })
			wg.Go(func() {
				f.OnDone(func() {
					mu.Lock()
					called++
					mu.Unlock()
				})
			})
			wg.Go(func() {
				token := f.OnDone(func() {
					mu.Lock()
					called++
					mu.Unlock()
				})
				if f.RemoveDoneCallback(token) {
					mu.Lock()
					called++
					mu.Unlock()
				}
			})
			wg.Go(func() {
				v, err := f.Await(t.Context())
				mu.Lock()
				outcomes[fmt.Sprint(v, err)]++
				mu.Unlock()
			})
			wg.Go(func() {
				<-f.Done()
				v, err := f.Result()
				mu.Lock()
				outcomes[fmt.Sprint(v, err)]++
				mu.Unlock()
			})
		}
		wg.Wait()
		require.Equal(t, 1, winners, "round %d", round)
		require.Equal(t, 2*each, called, "a callback runs once, or was removed")
		require.Len(t, outcomes, 1, "everybody sees the same outcome")
	}
}

// TestStartAndCancelExcludeEachOther pins the rule by which a pool may trust
// SetRunning: of two that race, exactly one is told that it won.
func TestStartAndCancelExcludeEachOther(t *testing.T) {
	for range 2000 {
		p := future.New[int]()
		var started, canceled bool
		var wg sync.WaitGroup
		wg.Go(func() { started = p.SetRunning() })
		wg.Go(func() { canceled = p.Future().Cancel() })
		wg.Wait()
		require.NotEqual(t, started, canceled)
		require.Equal(t, canceled, p.Future().Canceled())
	}
}

func TestErrorsOfRefusalsNameTheState(t *testing.T) {
	p := future.New[int]()
	require.NoError(t, p.SetResult(1))
	err := p.SetResult(2)
	require.ErrorIs(t, err, future.ErrInvalidState)
	require.ErrorContains(t, err, "already finished")
	require.NotErrorIs(t, err, context.Canceled)
}
