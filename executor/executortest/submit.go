package executortest

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var submitCases = []testCase{
	{"a submitted call gives its result", submitted},                                // ExecutorTest.test_submit
	{"an argument of several fields arrives whole", submittedKeyword},               // ExecutorTest.test_submit_keyword
	{"arguments of every encoded form come back equal", roundTrips},                 //
	{"a call without argument and result runs", runsActions},                        //
	{"many calls from many goroutines all give their result", manySubmitters},       //
	{"a context that has ended accepts nothing", endedContext},                      //
	{"the zero call is refused", zeroCall},                                          //
	{"a closure runs or is refused with the remedy", closure},                       //
	{"a nested value of any depth fails its own future only", tooDeep},              // ExecutorDeadlockTest.test_error_at_task_pickle
	{"the work sees the deadline of the context", seesDeadline},                     //
	{"a job runs on a worker with a name, if the pool has workers", workerHasAName}, //
	{"callbacks of a pool's future run in order and survive a panic", callbacks},    // FutureTests.test_done_callback_raises
}

func submitted(t *testing.T, ex executor.Executor) {
	require.Equal(t, 256, result(t, submit(t, ex, pow.Bind(powArgs{2, 8}))))
}

func submittedKeyword(t *testing.T, ex executor.Executor) {
	require.Equal(t, 16, result(t, submit(t, ex, pow.Bind(powArgs{Exponent: 4, Base: 2}))))
	require.Equal(t, 1, result(t, submit(t, ex, pow.Bind(powArgs{Base: 9}))))
}

func roundTrips(t *testing.T, ex executor.Executor) {
	big := []byte(strings.Repeat("0123456789abcdef", 1<<14))
	for _, b := range [][]byte{nil, {}, {0}, big} {
		got := result(t, submit(t, ex, echo.Bind(b)))
		require.Equal(t, b, got)
	}
	v := &tree{"a", []*tree{{"b", nil}, nil, {"c", []*tree{}}}}
	require.Equal(t, v, result(t, submit(t, ex, echoDeep.Bind(v))))
}

func runsActions(t *testing.T, ex executor.Executor) {
	require.Equal(t, executor.None{}, result(t, submit(t, ex, nothing.Bind())))
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())))
}

func manySubmitters(t *testing.T, ex executor.Executor) {
	const goroutines, each = 8, 25
	sums := make(chan int)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range goroutines {
		go func() {
			sum := 0
			for i := range each {
				if f, err := executor.Submit(ctx, ex, pow.Bind(powArgs{i, 1})); err == nil {
					v, _ := f.Await(ctx)
					sum += v
				}
			}
			sums <- sum
		}()
	}
	for range goroutines {
		require.Equal(t, each*(each-1)/2, <-sums)
	}
}

func endedContext(t *testing.T, ex executor.Executor) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errDivision)
	f, err := executor.Submit(ctx, ex, answer.Bind())
	require.ErrorIs(t, err, errDivision)
	require.Nil(t, f)
}

func zeroCall(t *testing.T, ex executor.Executor) {
	_, err := executor.Submit(t.Context(), ex, executor.Call[int]{})
	require.ErrorIs(t, err, executor.ErrNoCall)
}

func closure(t *testing.T, ex executor.Executor) {
	f, err := executor.Submit(t.Context(), ex, executor.Func(func(context.Context) (int, error) { return 3, nil }))
	require.NoError(t, err)
	v, err := await(t, f)
	if e, ok := ex.(executor.Encoder); ok && e.NeedsEncoding() {
		require.ErrorIs(t, err, executor.ErrClosure)
		require.ErrorContains(t, err, "executor.Register")
	} else {
		require.NoError(t, err)
		require.Equal(t, 3, v)
	}
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())), "the executor goes on")
}

func tooDeep(t *testing.T, ex executor.Executor) {
	if e, ok := ex.(executor.Encoder); !ok || !e.NeedsEncoding() {
		return
	}
	loop := &tree{Name: "loop"}
	loop.Sub = []*tree{loop}
	_, err := await(t, submit(t, ex, echoDeep.Bind(loop)))
	var ee *executor.EncodeError
	require.ErrorAs(t, err, &ee)
	require.ErrorContains(t, err, "executortest.echoDeep")
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())), "the executor goes on")
}

func seesDeadline(t *testing.T, ex executor.Executor) {
	require.False(t, mustSubmit(t, context.WithoutCancel(t.Context()), ex))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.True(t, mustSubmit(t, ctx, ex))
}

func mustSubmit(t *testing.T, ctx context.Context, ex executor.Executor) bool {
	t.Helper()
	f, err := executor.Submit(ctx, ex, hasDeadline.Bind())
	require.NoError(t, err)
	return result(t, f)
}

func workerHasAName(t *testing.T, ex executor.Executor) {
	name := result(t, submit(t, ex, workerID.Bind()))
	if name != "" {
		require.Contains(t, name, "_")
	}
}

func callbacks(t *testing.T, ex executor.Executor) {
	g := newGate(t, "value")
	f := submit(t, ex, hold.Bind(g))
	g.awaitEntered(t)
	trace := make(chan string, 8)
	f.AddDoneCallback(func(f *future.Future[string]) { v, _ := f.Result(); trace <- "first " + v })
	f.OnDone(func() { panic("of a callback") })
	f.OnDone(func() { trace <- "second" })
	token := f.OnDone(func() { trace <- "removed" })
	require.True(t, f.RemoveDoneCallback(token))
	g.open(t)
	require.Equal(t, "first value", <-trace)
	require.Equal(t, "second", <-trace)
	result(t, f)
	f.OnDone(func() { trace <- "late, inline" })
	require.Equal(t, "late, inline", <-trace)
	require.Empty(t, trace)
}
