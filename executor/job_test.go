package executor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// manual is an executor whose jobs the test moves by hand.
type manual struct {
	jobs   []*executor.Job
	encode bool
	refuse error
}

func (m *manual) Execute(_ context.Context, j *executor.Job) error {
	if m.refuse != nil {
		return m.refuse
	}
	m.jobs = append(m.jobs, j)
	return nil
}
func (m *manual) Shutdown(context.Context) error { return nil }
func (m *manual) NeedsEncoding() bool            { return m.encode }

func take[R any](t *testing.T, ctx context.Context, call executor.Call[R]) (*future.Future[R], *executor.Job) {
	t.Helper()
	m := &manual{}
	f, err := executor.Submit(ctx, m, call)
	require.NoError(t, err)
	return f, m.jobs[0]
}

type keyType struct{}

func TestAJobDescribesItself(t *testing.T) {
	_, a := take(t, t.Context(), executor.Func(one))
	_, b := take(t, t.Context(), executor.Func(one).Named("mine").WithPriority(3))
	_, c := take(t, t.Context(), twofold.Bind(1))
	require.NotEqual(t, a.ID(), b.ID())
	require.Contains(t, a.Name(), "executor_test.one")
	require.Equal(t, "mine", b.Name())
	require.Equal(t, 3, b.Priority())
	require.Equal(t, "test.twofold", c.Name())
	require.WithinDuration(t, time.Now(), a.Submitted(), time.Minute)
	require.True(t, a.MayWait())
	require.Equal(t, "mine", executor.Func(one).Named("mine").Name())
	require.Equal(t, "test.twofold", twofold.Bind(1).Name())
	require.Contains(t, executor.Func(one).Name(), "executor_test.one")
	require.Empty(t, executor.Call[int]{}.Name())
}

func TestAJobRunsOnce(t *testing.T) {
	runs := 0
	f, j := take(t, t.Context(), executor.Func(func(context.Context) (int, error) { runs++; return runs, nil }))
	j.Run(nil)
	require.Zero(t, runs, "not before Start")
	require.Equal(t, future.StatePending, f.State())
	require.True(t, j.Start())
	require.False(t, j.Start())
	require.True(t, f.Running())
	j.Run(nil)
	j.Run(nil)
	require.Equal(t, 1, runs)
	require.Equal(t, 1, resultOf(t, f))
	j.Fail(errTest)
	require.Error(t, j.Resolve(nil))
	require.Equal(t, 1, resultOf(t, f), "the first outcome counts")
}

func TestAJobMayFailBeforeItStarts(t *testing.T) {
	f, j := take(t, t.Context(), executor.Func(one))
	j.Fail(errTest)
	require.False(t, j.Start())
	_, err := f.Result()
	require.ErrorIs(t, err, errTest)
	require.False(t, f.Canceled())
	require.False(t, f.Cancel())
}

func TestACancellationThatNobodyAskedForIsAnError(t *testing.T) {
	f, j := take(t, t.Context(), executor.Func(func(context.Context) (int, error) { return 0, context.Canceled }))
	require.True(t, j.Start())
	j.Run(nil)
	require.False(t, f.Canceled())
	_, err := f.Result()
	require.ErrorIs(t, err, context.Canceled)
}

func TestAnExecutorThatRefusesLeavesNoFuture(t *testing.T) {
	f, err := executor.Submit(t.Context(), &manual{refuse: errTest}, executor.Func(one))
	require.ErrorIs(t, err, errTest)
	require.Nil(t, f)
}

func TestEncodingFailsTheFutureAndNotTheCall(t *testing.T) {
	m := &manual{encode: true}
	f, err := executor.Submit(t.Context(), m, executor.Func(one))
	require.NoError(t, err)
	require.Empty(t, m.jobs)
	_, err = f.Result()
	require.ErrorIs(t, err, executor.ErrClosure)
	require.ErrorContains(t, err, "executor_test.one")

	f, err = executor.Submit(t.Context(), m, twofold.Bind(21))
	require.NoError(t, err)
	function, arg, err := m.jobs[0].Encode()
	require.NoError(t, err)
	require.Equal(t, "test.twofold", function)
	require.True(t, m.jobs[0].Start())
	executor.Invoke(t.Context(), function, arg, func(r []byte, err error) {
		require.NoError(t, err)
		require.NoError(t, m.jobs[0].Resolve(r))
	})
	require.Equal(t, 42, resultOf(t, f))
}

func TestAResultThatIsGarbageIsTheFuturesError(t *testing.T) {
	f, j := take(t, t.Context(), twofold.Bind(1))
	require.True(t, j.Start())
	err := j.Resolve([]byte{200, 1, 2})
	var de *executor.DecodeError
	require.ErrorAs(t, err, &de)
	require.Equal(t, "test.twofold", de.Function)
	_, ferr := f.Result()
	require.Equal(t, err, ferr)
}

func TestOnCancelIsCalledOnceAndWithTheCause(t *testing.T) {
	causes := make(chan error, 4)
	note := func(cause error) { causes <- cause }

	f, j := take(t, t.Context(), executor.Func(one))
	require.True(t, j.Start())
	j.OnCancel(note)
	f.CancelCause(errTest)
	f.CancelCause(nil)
	require.ErrorIs(t, <-causes, errTest)
	j.OnCancel(note)
	require.ErrorIs(t, <-causes, errTest, "asked before: called at once")

	ctx, cancel := context.WithCancelCause(t.Context())
	_, j = take(t, ctx, executor.Func(one))
	require.True(t, j.Start())
	j.OnCancel(note)
	cancel(errTest)
	require.ErrorIs(t, <-causes, errTest)

	ctx, cancel = context.WithCancelCause(t.Context())
	_, j = take(t, ctx, executor.Func(one))
	require.True(t, j.Start())
	j.OnCancel(note)
	j.Run(nil)
	cancel(errTest)
	require.Empty(t, causes, "the job had ended")
}

func TestTheContextOfAJob(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	base, stop := context.WithDeadline(context.WithValue(t.Context(), keyType{}, "value"), deadline)
	defer stop()
	parent, cancel := context.WithCancelCause(base)
	defer cancel(nil)

	t.Run("carries values and the deadline", func(t *testing.T) {
		_, j := take(t, parent, executor.Func(one))
		ctx := j.Context()
		require.Equal(t, "value", ctx.Value(keyType{}))
		d, ok := ctx.Deadline()
		require.True(t, ok)
		require.Equal(t, deadline, d)
		require.NoError(t, ctx.Err())
		require.NoError(t, context.Cause(ctx))
	})
	t.Run("ends with the cause when the running job is canceled", func(t *testing.T) {
		for _, lazily := range []bool{true, false} {
			f, j := take(t, parent, executor.Func(one))
			ctx := j.Context()
			require.True(t, j.Start())
			var derived context.Context
			if !lazily {
				d, stop := context.WithCancel(ctx)
				defer stop()
				derived = d
			}
			f.CancelCause(errTest)
			require.ErrorIs(t, context.Cause(ctx), errTest)
			require.ErrorIs(t, ctx.Err(), context.Canceled)
			<-ctx.Done()
			require.Equal(t, "value", ctx.Value(keyType{}))
			if derived != nil {
				<-derived.Done()
				require.ErrorIs(t, context.Cause(derived), errTest)
			}
		}
	})
	t.Run("ends when the work has returned", func(t *testing.T) {
		_, j := take(t, parent, executor.Func(one))
		ctx := j.Context()
		derived, stop := context.WithCancel(ctx)
		defer stop()
		require.True(t, j.Start())
		j.Run(nil)
		<-derived.Done()
		require.ErrorIs(t, ctx.Err(), context.Canceled)

		_, j = take(t, parent, executor.Func(one))
		require.True(t, j.Start())
		j.Run(nil)
		require.ErrorIs(t, j.Context().Err(), context.Canceled, "asked for the first time afterwards")
		<-j.Context().Done()
	})
	t.Run("ends with the context that it was submitted with", func(t *testing.T) {
		own, end := context.WithCancelCause(parent)
		f, j := take(t, own, executor.Func(func(ctx context.Context) (int, error) { return 0, context.Cause(ctx) }))
		require.True(t, j.Start())
		end(errTest)
		require.ErrorIs(t, j.Context().Err(), context.Canceled)
		require.ErrorIs(t, context.Cause(j.Context()), errTest)
		j.Run(nil)
		require.False(t, f.Canceled(), "errTest is no cancellation")
	})
}

func TestAJobWhoseDeadlinePassesInTheQueueFails(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Nanosecond)
	defer stop()
	m := &manual{}
	f, err := executor.Submit(t.Context(), m, executor.Func(one))
	require.NoError(t, err)
	require.NotNil(t, f)
	<-ctx.Done()
	_, err = executor.Submit(ctx, m, executor.Func(one))
	require.ErrorIs(t, err, context.DeadlineExceeded)

	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(20*time.Millisecond))
	defer cancel()
	f, j := take(t, late, executor.Func(one))
	<-late.Done()
	require.False(t, j.Start())
	_, err = f.Await(t.Context()) // the watch of the context may have called it off in this instant, and settle it
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, f.Canceled())
}
