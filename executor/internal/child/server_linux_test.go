package child

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// In a burst a call is taken to begin when the one before it has ended, which saves a
// look at the clock. Time that passes between two calls counts for neither.
func TestACallsRunTimeIsItsOwn(t *testing.T) {
	const gap = time.Millisecond
	pass := func() {
		for begin := time.Now(); time.Since(begin) < gap; {
		}
	}
	answer := func(n int) Invoke {
		return func(_ context.Context, _ []byte, _ bool, reply Reply) { reply(make([]byte, n), nil, nil) }
	}
	for name, tt := range map[string]struct {
		out     *sink
		first   Invoke
		between func(s *server)
		arg     int
	}{
		"after a wait":             {&sink{room: true}, answer(8), (*server).wait, 8},
		"after a long result":      {&sink{room: true}, answer(brief + 1), func(*server) {}, 8},
		"after a wait for room":    {&sink{}, answer(8), func(*server) {}, 8},
		"with a long argument":     {&sink{room: true}, answer(8), func(*server) {}, brief + 1},
		"after one without result": {&sink{room: true}, func(context.Context, []byte, bool, Reply) {}, func(*server) {}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(tt.out, tt.first)
			s.run(wire.Call{Kind: wire.CallTask, ID: 1, Function: "first"})
			tt.between(s)
			s.program.Lookup = func(string) Invoke { return answer(8) }
			now := proc.Monotonic()
			s.run(wire.Call{Kind: wire.CallTask, ID: 2, Function: "second", Arg: make([]byte, tt.arg)})
			require.GreaterOrEqual(t, s.began, now)
		})
	}
	t.Run("in a burst", func(t *testing.T) {
		out := &sink{room: true, keep: true}
		s := newTestServer(out, func(_ context.Context, _ []byte, _ bool, reply Reply) { pass(); reply(nil, nil, nil) })
		before := proc.Monotonic()
		for id := range uint64(3) {
			s.run(wire.Call{Kind: wire.CallTask, ID: id + 1, Function: "f"})
		}
		var sum time.Duration
		for _, r := range out.sent {
			require.GreaterOrEqual(t, time.Duration(r.Run), gap)
			sum += time.Duration(r.Run)
		}
		require.LessOrEqual(t, sum, time.Duration(proc.Monotonic()-before))
	})
}

// A call that used neither its context nor its reporter ends by one step. What asks
// later is told the same as of any other.
func TestACallThatUsedNothingEndsAllTheSame(t *testing.T) {
	for _, deadline := range []int64{0, proc.After(proc.Monotonic(), time.Millisecond)} {
		out := &sink{room: true, keep: true}
		s := newTestServer(out, nil)
		c := newCallContext(s, 7, deadline)
		c.finish()
		c.end(context.Canceled)
		c.expire()
		for proc.Monotonic() < deadline {
		}
		require.False(t, c.reporter.report(wire.Result{ID: 7, Status: wire.ReportProgress}))
		require.Empty(t, out.sent)
		require.Equal(t, context.Canceled, c.Err())
		require.Equal(t, errTestFinished, context.Cause(c))
		<-c.Done()
		derived, cancel := context.WithCancel(c)
		require.Equal(t, errTestFinished, context.Cause(derived))
		cancel()
	}
}

// The end of a call, its cancellation, its reports and those who ask for its context
// may meet at any moment: it ends, with one cause, and no report comes after its end.
func TestTheEndOfACallMeetsEverything(t *testing.T) {
	for i := range 2000 {
		out := &sink{room: true, keep: true}
		s := newTestServer(out, nil)
		c := newCallContext(s, 7, 0)
		s.control.begin(c)
		reported := false
		derived := make(chan context.Context, 1)
		steps := []func(){
			c.finish,
			func() { s.control.cancelCall(wire.Message{Kind: wire.Cancel, ID: 7, Body: []byte("enough")}) },
			func() { reported = c.reporter.report(wire.Result{ID: 7, Status: wire.ReportProgress}) },
			func() {
				ctx, cancel := context.WithCancel(c)
				context.AfterFunc(ctx, cancel)
				derived <- ctx
			},
		}
		var all sync.WaitGroup
		for j := range steps {
			all.Go(steps[(i+j)%len(steps)])
		}
		all.Wait()
		ctx := <-derived
		<-ctx.Done()
		<-c.Done()
		require.Equal(t, context.Canceled, c.Err())
		require.Equal(t, context.Cause(c), context.Cause(ctx))
		require.Zero(t, s.control.current())
		require.Len(t, out.sent, map[bool]int{true: 1}[reported])
		require.False(t, c.reporter.report(wire.Result{ID: 7, Status: wire.ReportProgress}))
	}
}
