package executortest

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var outcomeCases = []testCase{
	{"an error comes with its message", message},                                  // ExecutorDeadlockTest.test_error_during_func_exec_on_worker
	{"sentinels and registered types are found in an error", chain},               //
	{"an error of the system keeps what it stands for", systemError},              //
	{"an error that cannot even say its message arrives", badErrors},              // ExecutorDeadlockTest.test_error_during_result_pickle_on_worker
	{"a panic is the outcome, with its stack, and the worker lives on", panicked}, // ProcessPoolExecutorTest.test_traceback
	{"panic of nil is an outcome too", panickedNil},                               //
	{"runtime.Goexit is an outcome too", exited},                                  //
	{"a failing job does not disturb its neighbours", neighbours},                 //
}

func message(t *testing.T, ex executor.Executor) {
	f := submit(t, ex, fails.Bind("what went wrong"))
	_, err := await(t, f)
	require.ErrorContains(t, err, "what went wrong")
	require.Equal(t, future.StateFinished, f.State())
}

func chain(t *testing.T, ex executor.Executor) {
	_, err := await(t, submit(t, ex, fails.Bind("chain")))
	require.EqualError(t, err, "outer: division by zero\ncode 7")
	require.ErrorIs(t, err, errDivision)
	var ce *codeError
	require.ErrorAs(t, err, &ce)
	require.Equal(t, 7, ce.Code)
}

func systemError(t *testing.T, ex executor.Executor) {
	_, err := await(t, submit(t, ex, fails.Bind("path")))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorIs(t, err, fs.ErrPermission)
}

func badErrors(t *testing.T, ex executor.Executor) {
	for _, how := range []string{"bad", "nil"} {
		_, err := await(t, submit(t, ex, fails.Bind(how)))
		require.True(t, err != nil, "an error that panics is an error")
	}
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())))
}

func panicked(t *testing.T, ex executor.Executor) {
	_, err := await(t, submit(t, ex, panics.Bind("oh no")))
	var pe *future.PanicError
	require.ErrorAs(t, err, &pe)
	require.ErrorContains(t, err, "oh no")
	require.False(t, pe.Goexit)
	require.Contains(t, string(pe.Stack), "functions.go", "the stack shows where")
	require.NotContains(t, err.Error(), "\n", "the message does not")
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())))
}

func panickedNil(t *testing.T, ex executor.Executor) {
	_, err := await(t, submit(t, ex, panicsNil.Bind()))
	var pe *future.PanicError
	require.ErrorAs(t, err, &pe)
	require.False(t, pe.Goexit)
}

func exited(t *testing.T, ex executor.Executor) {
	for range 20 {
		_, err := await(t, submit(t, ex, goexit.Bind()))
		var pe *future.PanicError
		require.ErrorAs(t, err, &pe)
		require.True(t, pe.Goexit)
		require.NotEmpty(t, pe.Stack)
	}
	require.Equal(t, 42, result(t, submit(t, ex, answer.Bind())))
}

func neighbours(t *testing.T, ex executor.Executor) {
	var good []*future.Future[int]
	for i := range 20 {
		submit(t, ex, panics.Bind("neighbour"))
		submit(t, ex, fails.Bind("neighbour"))
		good = append(good, submit(t, ex, pow.Bind(powArgs{i, 1})))
	}
	for i, f := range good {
		require.Equal(t, i, result(t, f))
	}
}
