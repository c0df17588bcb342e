package future_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestANewFutureIsPending(t *testing.T) {
	f := future.New[int]().Future()
	require.Equal(t, future.StatePending, f.State())
	require.False(t, f.IsDone())
	require.False(t, f.Canceled())
	require.False(t, f.Running())
	_, err := f.Result()
	require.ErrorIs(t, err, future.ErrInvalidState)
	require.ErrorIs(t, f.Err(), future.ErrInvalidState)
	select {
	case <-f.Done():
		t.Error("Done is closed")
	default:
	}
}

func TestTheZeroPromiseIsPendingAndFree(t *testing.T) {
	var p future.Promise[int]
	require.Equal(t, future.StatePending, p.Future().State())
	require.Nil(t, p.Future().Home())
	require.NoError(t, p.SetResult(1))
	require.Equal(t, future.StateFinished, p.Future().State())
}

func TestHome(t *testing.T) {
	t.Run("a future made without a loop is free", func(t *testing.T) {
		require.Nil(t, future.New[int]().Future().Home())
	})
	t.Run("a future made on the running loop belongs to it", func(t *testing.T) {
		inLoop(t, func(_ context.Context, l *loop.Loop) {
			require.Equal(t, future.Poster(l), future.NewOn[int](l).Future().Home())
		})
	})
}

func TestResult(t *testing.T) {
	p := future.New[int]()
	require.NoError(t, p.SetResult(42))
	require.True(t, p.Future().IsDone())
	for range 2 {
		v, err := p.Future().Result()
		require.NoError(t, err)
		require.Equal(t, 42, v)
	}
	require.NoError(t, p.Future().Err())
}

func TestError(t *testing.T) {
	p := future.New[int]()
	require.NoError(t, p.SetError(errBoom))
	for range 2 {
		v, err := p.Future().Result()
		require.Same(t, errBoom, err, "the very error that was set")
		require.Zero(t, v)
		require.Same(t, errBoom, p.Future().Err())
	}
	require.False(t, p.Future().Canceled())
	require.Error(t, future.New[int]().SetError(nil))
}

func TestAnErrorIsAResultIfItIsTheValue(t *testing.T) {
	v, err := future.Resolved(errBoom).Result()
	require.NoError(t, err)
	require.Same(t, errBoom, v)
}

func TestASettledFutureStaysAsItIs(t *testing.T) {
	for name, settle := range map[string]func(*future.Promise[int]) error{
		"with a result": func(p *future.Promise[int]) error { return p.SetResult(1) },
		"with an error": func(p *future.Promise[int]) error { return p.SetError(errBoom) },
		"canceled":      func(p *future.Promise[int]) error { return p.SetCanceled(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			p := future.NewOn[int](new(queue))
			require.NoError(t, settle(p))
			state, err := p.Future().State(), p.Future().Err()

			require.ErrorIs(t, p.SetResult(2), future.ErrInvalidState)
			require.ErrorIs(t, p.SetError(errors.New("second")), future.ErrInvalidState)
			require.ErrorIs(t, p.SetCanceled(nil), future.ErrInvalidState)
			require.False(t, p.Settle(3, nil))
			require.False(t, p.SetRunning())
			require.False(t, p.Future().Cancel())

			require.Equal(t, state, p.Future().State())
			require.Equal(t, err, p.Future().Err())
		})
	}
}

func TestCancel(t *testing.T) {
	for name, p := range map[string]*future.Promise[int]{
		"a free future":    future.New[int](),
		"a future of loop": future.NewOn[int](new(queue)),
	} {
		t.Run(name, func(t *testing.T) {
			f := p.Future()
			require.True(t, f.Cancel())
			require.True(t, f.Canceled())
			require.True(t, f.IsDone())
			require.Equal(t, future.StateCanceled, f.State())
			_, err := f.Result()
			require.ErrorIs(t, err, context.Canceled)
			require.True(t, future.IsCanceled(f.Err()))
			require.False(t, p.SetRunning())
			require.False(t, p.Settle(1, nil), "settling unless canceled")
		})
	}
	t.Run("a second request is granted to a free future and refused to one of a loop", func(t *testing.T) {
		free, bound := future.New[int]().Future(), future.NewOn[int](new(queue)).Future()
		require.True(t, free.Cancel())
		require.True(t, free.Cancel())
		require.True(t, bound.Cancel())
		require.False(t, bound.Cancel())
		require.False(t, future.Resolved(1).Cancel())
	})
	t.Run("a running future cannot be called off, but its producer may cancel it", func(t *testing.T) {
		p := future.New[int]()
		require.True(t, p.SetRunning())
		require.True(t, p.Future().Running())
		require.False(t, p.SetRunning(), "it runs already")
		require.False(t, p.Future().Cancel())
		require.NoError(t, p.SetCanceled(errBoom))
		require.True(t, p.Future().Canceled())
		require.ErrorIs(t, p.Future().Err(), errBoom)
	})
}

func TestTheReasonOfACancellationIsInTheOutcome(t *testing.T) {
	for name, cause := range map[string]error{
		"no reason":        nil,
		"a reason":         errBoom,
		"a cancellation":   context.Canceled,
		"a wrapped reason": future.Canceled(errBoom),
		"a deadline, say":  context.DeadlineExceeded,
		"a cancellation by a ctx": func() error {
			c, cancel := context.WithCancelCause(t.Context())
			cancel(errBoom)
			return context.Cause(c)
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			f := future.New[int]().Future()
			require.True(t, f.CancelCause(cause))
			require.ErrorIs(t, f.Err(), context.Canceled)
			if cause != nil {
				require.ErrorIs(t, f.Err(), cause)
			}
		})
	}
	require.Equal(t, "canceled", future.Canceled(nil).Error())
	require.Equal(t, "canceled: boom", future.Canceled(errBoom).Error())
}

// canceler answers a fixed answer, and counts.
type canceler struct {
	answer future.Answer
	asked  int
	cause  error
}

func (c *canceler) CancelRequested(_ future.State, cause error) future.Answer {
	c.asked++
	c.cause = cause
	return c.answer
}

func TestACancelerDecides(t *testing.T) {
	setup := func(by future.Canceler) (*future.Promise[int], *future.Future[int]) {
		p := new(future.Promise[int])
		p.Init(nil, by)
		return p, p.Future()
	}
	t.Run("settle", func(t *testing.T) {
		by := &canceler{answer: future.Settle}
		_, f := setup(by)
		require.True(t, f.CancelCause(errBoom))
		require.True(t, f.Canceled())
		require.ErrorIs(t, f.Err(), errBoom)
		require.ErrorIs(t, by.cause, errBoom)
		f.Cancel()
		require.Equal(t, 1, by.asked, "nobody is asked about a future that is settled")
	})
	t.Run("accept", func(t *testing.T) {
		by := &canceler{answer: future.Accept}
		p, f := setup(by)
		require.True(t, f.Cancel())
		require.False(t, f.IsDone())
		require.True(t, f.Cancel())
		require.Equal(t, 2, by.asked)
		require.NoError(t, p.SetResult(1), "the producer has the last word")
	})
	t.Run("refuse", func(t *testing.T) {
		p, f := setup(&canceler{answer: future.Refuse})
		require.False(t, f.Cancel())
		require.False(t, f.IsDone())
		require.NoError(t, p.SetResult(1))
	})
	t.Run("a panic goes to whoever asked, and does no harm", func(t *testing.T) {
		p, f := setup(panickingCanceler{})
		require.PanicsWithValue(t, "no", func() { f.Cancel() })
		require.NoError(t, p.SetResult(1))
	})
}

type panickingCanceler struct{}

func (panickingCanceler) CancelRequested(future.State, error) future.Answer { panic("no") }

func TestDone(t *testing.T) {
	t.Run("asked for before", func(t *testing.T) {
		p := future.New[int]()
		done := p.Future().Done()
		require.Equal(t, done, p.Future().Done())
		require.NoError(t, p.SetResult(1))
		<-done
	})
	t.Run("asked for after", func(t *testing.T) {
		<-future.Resolved(1).Done()
		<-future.Failed[int](errBoom).Done()
	})
	t.Run("closed before the callbacks run", func(t *testing.T) {
		p := future.New[int]()
		done := p.Future().Done()
		called := false
		p.Future().OnDone(func() {
			<-done
			called = true
		})
		require.NoError(t, p.SetResult(1))
		require.True(t, called)
	})
}

func TestFailed(t *testing.T) {
	require.Equal(t, future.StateFinished, future.Failed[int](errBoom).State())
	require.Equal(t, future.StateCanceled, future.Failed[int](context.Canceled).State())
}

func TestAFutureWhoseLoopIsClosedSettlesAndSaysSo(t *testing.T) {
	setup := func() *future.Promise[int] {
		q := new(queue)
		p := future.NewOn[int](q)
		q.close()
		return p
	}
	t.Run("a result", func(t *testing.T) {
		p := setup()
		called := false
		p.Future().OnDone(func() { called = true })
		require.NoError(t, p.SetResult(1))
		require.ErrorIs(t, p.Future().Err(), future.ErrClosed)
		require.True(t, called, "inline, for there is no other place left")
	})
	t.Run("an error", func(t *testing.T) {
		p := setup()
		require.NoError(t, p.SetError(errBoom))
		require.ErrorIs(t, p.Future().Err(), future.ErrClosed)
		require.ErrorIs(t, p.Future().Err(), errBoom)
	})
	t.Run("the error that says so already", func(t *testing.T) {
		p := setup()
		require.NoError(t, p.SetError(future.ErrClosed))
		require.Equal(t, future.ErrClosed, p.Future().Err())
	})
	t.Run("a home that closes between the outcome and its delivery", func(t *testing.T) {
		p := future.NewOn[int](refusing{})
		called := false
		p.Future().OnDone(func() { called = true })
		require.NoError(t, p.SetResult(1))
		require.NoError(t, p.Future().Err())
		require.True(t, called)
	})
}

// refusing accepts nothing, and does not know it beforehand.
type refusing struct{}

func (refusing) Post(func()) error { return future.ErrClosed }

func TestString(t *testing.T) {
	p := future.New[int]()
	f := p.Future()
	require.Equal(t, "<Future pending>", f.String())
	f.OnDone(func() {})
	f.OnDone(func() {})
	require.Equal(t, "<Future pending callbacks=2>", f.String())
	p.SetRunning()
	require.Equal(t, "<Future running callbacks=2>", f.String())
	require.NoError(t, p.SetResult(1))
	require.Equal(t, "<Future finished result>", f.String())
	require.Equal(t, `<Future finished error="boom">`, future.Failed[int](errBoom).String())
	require.Equal(t, "<Future canceled>", future.Failed[int](context.Canceled).String())

	self := future.New[any]()
	require.NoError(t, self.SetResult(self.Future()))
	require.Equal(t, "<Future finished result>", self.Future().String(), "a future that holds itself")
}

func TestStateString(t *testing.T) {
	require.Equal(t, "pending", future.StatePending.String())
	require.Equal(t, "running", future.StateRunning.String())
	require.Equal(t, "finished", future.StateFinished.String())
	require.Equal(t, "canceled", future.StateCanceled.String())
}

func TestPanicErrorIsOneLineAndUnwraps(t *testing.T) {
	p := &future.PanicError{Value: errBoom, Stack: []byte("many\nlines")}
	require.Equal(t, "panic: boom", p.Error())
	require.ErrorIs(t, p, errBoom)
	require.NoError(t, (&future.PanicError{Value: "text"}).Unwrap())
	require.Contains(t, (&future.PanicError{Goexit: true}).Error(), "Goexit")
}

func TestAFutureLetsGoOfItsCallbacks(t *testing.T) {
	collected := make(chan none)
	p := future.New[int]()
	func() {
		big := new([1 << 20]byte)
		runtime.AddCleanup(big, func(ch chan none) { close(ch) }, collected)
		p.Future().OnDone(func() { big[0]++ })
	}()
	require.NoError(t, p.SetResult(1))
	for {
		runtime.GC()
		select {
		case <-collected:
			runtime.KeepAlive(p)
			return
		default:
			runtime.Gosched()
		}
	}
}
