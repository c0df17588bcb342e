package executor_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// here is the line of the caller, as a panic there says it.
func here(more int) string {
	_, _, line, _ := runtime.Caller(1)
	return fmt.Sprintf(" at panic_place_test.go:%d", line+more)
}

var (
	placeOfPanic string
	indexing     = executor.Register("test.indexing", func(_ context.Context, i int) (int, error) {
		a := make([]int, 1)
		placeOfPanic = here(1)
		return a[i], nil
	})
	leaving = executor.RegisterAction("test.leaving", func(context.Context) error {
		placeOfPanic = here(1)
		runtime.Goexit()
		return nil
	})
	score = executor.Register("test.score", func(_ context.Context, s string) (int, error) { return strconv.Atoi(s) })
)

func TestAPanicSaysInWhichFunctionWorkerAndLine(t *testing.T) {
	threads := newPool(t, executor.ThreadConfig{Workers: 1, Name: "threads"})
	_, err := await(t, submit(t, threads, indexing.Bind(2)))
	place := placeOfPanic
	require.EqualError(t, err, `panic in "test.indexing" (worker threads_0): index out of range [2] with length 1`+place)
	_, err = await(t, submit(t, threads, leaving.Bind()))
	require.EqualError(t, err, `runtime.Goexit in "test.leaving" (worker threads_0)`+placeOfPanic)
	left := placeOfPanic
	_, err = await(t, submit(t, threads, executor.Action(func(context.Context) error { panic("boom") }).Named("closure")))
	require.ErrorContains(t, err, `panic in "closure" (worker threads_0): boom at panic_place_test.go:`)

	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	worker, err := await(t, submit(t, p, pid.Bind()))
	require.NoError(t, err)
	_, err = await(t, submit(t, p, indexing.Bind(2)))
	require.EqualError(t, err, fmt.Sprintf(`panic in "test.indexing" (worker process %d): index out of range [2] with length 1%s`, worker, place))
	require.Contains(t, fmt.Sprintf("%+v", err), "executor_test.init.func")
	_, err = await(t, submit(t, p, leaving.Bind()))
	require.EqualError(t, err, fmt.Sprintf(`runtime.Goexit in "test.leaving" (worker process %d)%s`, worker, left))
	_, err = await(t, submit(t, p, indexing.Bind(2).Named("mine")))
	require.ErrorContains(t, err, `panic in "mine" (worker process`)
}

func TestAnErrorOfAWorkerNamesItsFunctionOnce(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, Logger: quiet})
	_, err := await(t, submit(t, p, score.Bind("x")))
	require.EqualError(t, err, `strconv.Atoi: parsing "x": invalid syntax`, "the message is that of the original")
	require.ErrorIs(t, err, strconv.ErrSyntax)
	var re *executor.RemoteError
	require.ErrorAs(t, err, &re)
	require.Equal(t, "test.score", re.Function)
	more := fmt.Sprintf("%+v", err)
	require.True(t, strings.HasPrefix(more, `test.score: strconv.Atoi: parsing "x": invalid syntax (*strconv.NumError of process `), more)
	require.Equal(t, 1, strings.Count(more, "test.score"))
	require.Equal(t, 1, strings.Count(fmt.Sprintf("%+v", travel(err)), "test.score: strconv.Atoi"), "through another process too")
	require.Equal(t, strconv.Quote(re.Message), fmt.Sprintf("%q", err))
	require.Contains(t, fmt.Sprintf("%#v", re), `Function:"test.score"`)
	require.Equal(t, "<nil>", fmt.Sprint((*executor.RemoteError)(nil)))
}
