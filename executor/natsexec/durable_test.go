//go:build linux

package natsexec_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

func submitDurable[R any](t *testing.T, p *natsexec.Pool, id string, call executor.Call[R]) func() (R, error) {
	t.Helper()
	f, err := executor.Submit(natsexec.WithID(t.Context(), id), p, call)
	require.NoError(t, err)
	return func() (R, error) { return outcome(t, f) }
}

func stored[R any](t *testing.T, p *natsexec.Pool, id string) (R, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return natsexec.Result[R](ctx, p, id)
}

func TestDurable(t *testing.T) {
	p := newPool(t, natsexec.Config{Durable: true})
	nodeOf(t, p, "one", 2)
	v, err := submitDurable(t, p, "job-1", double.Bind(21))()
	require.NoError(t, err)
	require.Equal(t, 42, v)

	// From another pool, again and again.
	other := newPool(t, natsexec.Config{URL: p.URL()})
	for range 2 {
		v, err = stored[int](t, other, "job-1")
		require.NoError(t, err)
		require.Equal(t, 42, v)
	}

	// The same id is the same call.
	v, err = submitDurable(t, p, "job-1", double.Bind(1000))()
	require.NoError(t, err)
	require.Equal(t, 42, v)

	_, err = submitDurable(t, p, "job-2", fail.Bind("now"))()
	require.ErrorIs(t, err, errTest)
	_, err = stored[int](t, other, "job-2")
	require.ErrorIs(t, err, errTest)

	_, err = stored[string](t, other, "job-1")
	var wrong *executor.DecodeError
	require.ErrorAs(t, err, &wrong)

	large := bytes.Repeat([]byte("large "), 1<<18)
	b, err := submitDurable(t, p, "job-3", echo.Bind(large))()
	require.NoError(t, err)
	require.True(t, bytes.Equal(large, b))
	b, err = stored[[]byte](t, other, "job-3")
	require.NoError(t, err)
	require.True(t, bytes.Equal(large, b))
	require.EqualValues(t, 3, p.Stats().Completed)
	require.EqualValues(t, 1, p.Stats().Failed)
}

func TestDurableIDs(t *testing.T) {
	p := newPool(t, natsexec.Config{Durable: true})
	_, err := executor.Submit(natsexec.WithID(t.Context(), "a.b"), p, double.Bind(1))
	require.ErrorContains(t, err, `"a.b" cannot be the id of a call`)
	_, err = natsexec.Result[int](t.Context(), p, ">")
	require.ErrorContains(t, err, "cannot be the id of a call")

	f, err := executor.Submit(natsexec.WithID(t.Context(), "twice"), p, double.Bind(1))
	require.NoError(t, err)
	_, err = executor.Submit(natsexec.WithID(t.Context(), "twice"), p, double.Bind(1))
	require.ErrorContains(t, err, `waits for the durable call "twice" already`)
	f.Cancel()

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = natsexec.Result[int](ctx, p, "unknown")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, `no result of the durable call "unknown" yet`)
}

func TestDurableIsAcceptedByTheServer(t *testing.T) {
	_, s, _ := onServer(t, false)
	p := newPool(t, natsexec.Config{URL: s.URL(), Durable: true})
	s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := executor.Submit(ctx, p, double.Bind(1))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Zero(t, p.Stats().Queued, "nothing was accepted")
}

func TestDurableOutlivesItsSubmitter(t *testing.T) {
	owner := newPool(t, natsexec.Config{OrphanAfter: time.Second})
	nodeOf(t, owner, "one", 1, func(r *role) { r.OrphanAfter = time.Second })
	g := newGate(t)
	s := start(t, role{What: "submitter", URL: owner.URL(), Name: owner.Name(), Gate: string(g), Durable: true})
	g.await(t, "entered", 1)
	s.Kill()
	<-time.After(2 * time.Second) // an orphan would be ended by now
	require.Zero(t, g.marks("canceled"))
	g.open(t)
	for _, id := range []string{"running", "waiting-0", "waiting-19"} {
		pid, err := stored[int](t, owner, id)
		require.NoError(t, err)
		require.NotZero(t, pid)
	}
	eventually(t, func() bool { return g.marks("entered") == 21 }, "each ran once")
}

func TestDurableNodeKilled(t *testing.T) {
	for name, retry := range map[string]int{"at most once": 0, "with retry": 1} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, natsexec.Config{Durable: true, Retry: retry})
			one := nodeOf(t, p, "one", 1)
			g := newGate(t)
			wait := submitDurable(t, p, "job", hold.Bind(g))
			g.await(t, "entered", 1)
			one.Kill()
			killed := time.Now()
			nodeOf(t, p, "two", 1)
			if retry > 0 {
				g.await(t, "entered", 2)
				g.open(t)
				_, err := wait()
				require.NoError(t, err)
				return
			}
			_, err := wait()
			took := time.Since(killed)
			t.Logf("it was known after %v", took)
			require.Greater(t, took, 900*time.Millisecond, "the queue waits for LostAfter, from a beat on")
			require.Less(t, took, soon, "the node that gets it next tells its submitter")
			var crash *executor.CrashError
			require.ErrorAs(t, err, &crash)
			require.Equal(t, "one", crash.Node)
			require.ErrorContains(t, err, "node one was lost")
			require.Equal(t, 1, g.marks("entered"))
		})
	}
}

func TestDurablePoison(t *testing.T) {
	p := newPool(t, natsexec.Config{Durable: true, Retry: 2})
	nodeOf(t, p, "one", 1)
	g := newGate(t)
	_, err := submitDurable(t, p, "job", die.Bind(g))()
	var poison *executor.PoisonError
	require.ErrorAs(t, err, &poison)
	require.Equal(t, 3, poison.Attempts)
	require.Equal(t, 3, g.marks("died"))
}

func TestDurableCancel(t *testing.T) {
	p := newPool(t, natsexec.Config{Durable: true})
	g := newGate(t)
	queued, err := executor.Submit(natsexec.WithID(t.Context(), "queued"), p, hold.Bind(g))
	require.NoError(t, err)
	require.True(t, queued.Cancel())
	_, err = stored[int](t, p, "queued")
	require.ErrorIs(t, err, context.Canceled)

	nodeOf(t, p, "one", 1)
	running, err := executor.Submit(natsexec.WithID(t.Context(), "running"), p, hold.Bind(g))
	require.NoError(t, err)
	g.await(t, "entered", 1)
	eventually(t, running.Running, "the submitter knows")
	running.Cancel()
	g.await(t, "canceled", 1)
	_, err = outcome(t, running)
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, running.Canceled())
	require.Equal(t, 1, g.marks("entered"), "what was called off before never ran")
}

func TestDurableOverARestartOfTheServer(t *testing.T) {
	_, s, cfg := onServer(t, false)
	p := newPool(t, natsexec.Config{URL: s.URL(), Durable: true})
	g := newGate(t)
	wait := submitDurable(t, p, "job", hold.Bind(g))
	eventually(t, func() bool { return queueLength(t, p) == 1 }, "it is in the queue")
	s.Close()
	s, err := natsexec.NewServer(cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	nodeOf(t, p, "one", 1)
	g.await(t, "entered", 1)
	g.open(t)
	_, err = wait()
	require.NoError(t, err)
	require.Equal(t, 1, g.marks("entered"))
}
