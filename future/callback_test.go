package future_test

import (
	"bytes"
	"log/slog"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// homes are the two kinds of futures, each with what delivers its callbacks.
func homes() map[string]func() (*future.Promise[int], func()) {
	return map[string]func() (*future.Promise[int], func()){
		"free": func() (*future.Promise[int], func()) { return future.New[int](), func() {} },
		"on a loop": func() (*future.Promise[int], func()) {
			q := new(queue)
			return future.NewOn[int](q), q.run
		},
	}
}

func TestCallbacksRunOnceInTheOrderInWhichTheyWereAdded(t *testing.T) {
	outcomes := map[string]func(*future.Promise[int]) error{
		"after a result":       func(p *future.Promise[int]) error { return p.SetResult(1) },
		"after an error":       func(p *future.Promise[int]) error { return p.SetError(errBoom) },
		"after a cancellation": func(p *future.Promise[int]) error { p.Future().Cancel(); return nil },
	}
	for home, setup := range homes() {
		for name, settle := range outcomes {
			t.Run(home+"/"+name, func(t *testing.T) {
				p, deliver := setup()
				var got []int
				for i := range 4 {
					p.Future().AddDoneCallback(func(f *future.Future[int]) {
						require.Same(t, p.Future(), f)
						require.True(t, f.IsDone())
						got = append(got, i)
					})
				}
				deliver()
				require.Empty(t, got)
				require.NoError(t, settle(p))
				deliver()
				deliver()
				require.Equal(t, []int{0, 1, 2, 3}, got)
			})
		}
	}
}

func TestWhereCallbacksRun(t *testing.T) {
	t.Run("those of a free future in the goroutine that settles it", func(t *testing.T) {
		p := future.New[int]()
		ran := false
		p.Future().OnDone(func() { ran = true })
		require.NoError(t, p.SetResult(1))
		require.True(t, ran)
	})
	t.Run("a late one inline", func(t *testing.T) {
		ran := false
		future.Resolved(1).OnDone(func() { ran = true })
		require.True(t, ran)
	})
	t.Run("those of a loop's future on the loop, never inline", func(t *testing.T) {
		q := new(queue)
		p := future.NewOn[int](q)
		n := 0
		p.Future().OnDone(func() { n++ })
		require.NoError(t, p.SetResult(1))
		require.Zero(t, n)
		p.Future().OnDone(func() { n++ })
		require.Zero(t, n, "not even a late one")
		q.run()
		require.Equal(t, 2, n)
	})
}

func TestRemoveDoneCallback(t *testing.T) {
	for name, c := range map[string]struct {
		add    int
		remove []int
		want   []int
	}{
		"the only one":         {1, []int{0}, nil},
		"the first":            {3, []int{0}, []int{1, 2}},
		"the first and second": {3, []int{0, 1}, []int{2}},
		"the third":            {3, []int{2}, []int{0, 1}},
		"second, then first":   {3, []int{1, 0}, []int{2}},
		"every one":            {3, []int{1, 0, 2}, nil},
	} {
		for home, setup := range homes() {
			t.Run(name+"/"+home, func(t *testing.T) {
				p, deliver := setup()
				var got []int
				tokens := make([]future.Token, c.add)
				for i := range tokens {
					tokens[i] = p.Future().OnDone(func() { got = append(got, i) })
				}
				for _, i := range c.remove {
					require.True(t, p.Future().RemoveDoneCallback(tokens[i]))
					require.False(t, p.Future().RemoveDoneCallback(tokens[i]), "it is gone")
				}
				require.NoError(t, p.SetResult(1))
				deliver()
				require.Equal(t, c.want, got)
			})
		}
	}
	t.Run("an unknown token", func(t *testing.T) {
		require.False(t, future.New[int]().Future().RemoveDoneCallback(7))
		require.False(t, future.Resolved(1).RemoveDoneCallback(1))
	})
	t.Run("the same function twice has two tokens", func(t *testing.T) {
		p := future.New[int]()
		n := 0
		fn := func() { n++ }
		first, second := p.Future().OnDone(fn), p.Future().OnDone(fn)
		require.NotEqual(t, first, second)
		require.True(t, p.Future().RemoveDoneCallback(first))
		require.NoError(t, p.SetResult(1))
		require.Equal(t, 1, n)
	})
}

func TestRemovingInACallbackComesTooLate(t *testing.T) {
	for home, setup := range homes() {
		t.Run(home, func(t *testing.T) {
			p, deliver := setup()
			f := p.Future()
			var got []string
			var others []future.Token
			f.OnDone(func() {
				got = append(got, "remover")
				for _, token := range others {
					require.False(t, f.RemoveDoneCallback(token))
				}
			})
			for range 2 {
				others = append(others, f.OnDone(func() { got = append(got, "other") }))
			}
			require.NoError(t, p.SetResult(1))
			deliver()
			require.Equal(t, []string{"remover", "other", "other"}, got)
		})
	}
}

func TestACallbackMayAddAnother(t *testing.T) {
	p := future.New[int]()
	var got []string
	p.Future().OnDone(func() {
		p.Future().OnDone(func() { got = append(got, "inner") })
		got = append(got, "outer")
	})
	p.Future().OnDone(func() { got = append(got, "next") })
	require.NoError(t, p.SetResult(1))
	require.Equal(t, []string{"inner", "outer", "next"}, got, "a late callback of a free future is inline")
}

func TestACallbackThatPanicsIsLoggedAndTheOthersRun(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)

	p := future.New[int]()
	ran := 0
	for range 2 {
		p.Future().OnDone(func() { ran++ })
		p.Future().OnDone(func() { panic("oh no") })
	}
	require.NoError(t, p.SetResult(1))
	require.Equal(t, 2, ran)
	require.Equal(t, 2, bytes.Count(log.Bytes(), []byte("oh no")))
}

func TestACallbackThatEndsTheGoroutineDoesNotKeepTheOthersFromRunning(t *testing.T) {
	for _, at := range []int{0, 1, 2} {
		p := future.New[int]()
		done := p.Future().Done()
		var ran []int
		for i := range 3 {
			p.Future().OnDone(func() {
				ran = append(ran, i)
				if i == at {
					runtime.Goexit()
				}
			})
		}
		var wg sync.WaitGroup
		wg.Go(func() { _ = p.SetResult(1) })
		<-done
		wg.Wait()
		require.Equal(t, []int{0, 1, 2}, ran, "Goexit in callback %d", at)
	}
}
