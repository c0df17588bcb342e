//go:build linux

package natsexec_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// soon is when the death of a node is known at the latest.
const soon = 2 * time.Second

// spread submits calls that hold two nodes, and returns them.
func spread(t *testing.T, p *natsexec.Pool, g gate, calls int) (fs []*future.Future[int]) {
	t.Helper()
	for range calls {
		fs = append(fs, submit(t, p, hold.Bind(g)))
	}
	g.await(t, "entered", calls)
	return fs
}

func TestNodeKilled(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	one, two := nodeOf(t, p, "one", 2), nodeOf(t, p, "two", 2)
	_ = two
	g := newGate(t)
	fs := spread(t, p, g, 4)
	queued := submit(t, p, double.Bind(21))

	began := time.Now()
	one.Kill()
	lost := 0
	tooLate := time.After(soon - time.Since(began))
	settled := make(chan *future.Future[int], len(fs))
	for _, f := range fs {
		f.OnDone(func() { settled <- f })
	}
	for lost < 2 {
		var f *future.Future[int]
		select {
		case f = <-settled:
		case <-tooLate:
			require.Fail(t, "it is not known", "%d of 2 calls of the node have failed within %v", lost, soon)
		}
		_, err := f.Result()
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, "one", crash.Node)
		require.Equal(t, "t.hold", crash.Function)
		require.Positive(t, crash.Ran)
		require.ErrorContains(t, err, "node one was lost")
		require.ErrorContains(t, err, "it was last seen")
		lost++
	}
	g.open(t)
	for _, f := range fs {
		_, _ = outcome(t, f)
	}
	require.Equal(t, 42, result(t, queued), "what waits goes elsewhere")
	require.Equal(t, 4, g.marks("entered"), "nothing ran twice")
}

func TestNodeKilledWithRetry(t *testing.T) {
	p := newPool(t, natsexec.Config{Retry: 2})
	one := nodeOf(t, p, "one", 2)
	nodeOf(t, p, "two", 2)
	g := newGate(t)
	fs := spread(t, p, g, 4)
	one.Kill()
	g.open(t)
	for _, f := range fs {
		result(t, f)
	}
	require.Equal(t, 6, g.marks("entered"), "the two that were lost ran once more")
}

func TestNodeFrozen(t *testing.T) {
	p := newPool(t, natsexec.Config{Retry: 1})
	one := nodeOf(t, p, "one", 1)
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)
	two := nodeOf(t, p, "two", 1)
	one.signal(t, syscall.SIGSTOP)
	g.await(t, "entered", 2)
	g.open(t)
	first := result(t, f)
	one.signal(t, syscall.SIGCONT)

	// What it has to say comes too late, and it goes on with others.
	two.Kill()
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))))
	again := result(t, f)
	require.Equal(t, first, again)
	require.EqualValues(t, 2, p.Stats().Completed)
}

func TestWorkerCrashes(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 1)
	_, err := outcome(t, submit(t, p, die.Bind(newGate(t))))
	var crash *executor.CrashError
	require.ErrorAs(t, err, &crash)
	require.Equal(t, "one", crash.Node)
	require.Equal(t, syscall.SIGKILL, crash.Signal)
	require.NotZero(t, crash.PID)
	require.ErrorContains(t, err, "of node one was killed by signal 9")
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))), "the node goes on")
}

func TestPoison(t *testing.T) {
	for name, call := range map[string]*executor.Function[gate, executor.None]{"a worker": die, "a node": dieWithNode} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, natsexec.Config{Retry: 2})
			for _, name := range []string{"one", "two", "three", "four"} {
				nodeOf(t, p, name, 1)
			}
			g := newGate(t)
			_, err := outcome(t, submit(t, p, call.Bind(g)))
			var poison *executor.PoisonError
			require.ErrorAs(t, err, &poison)
			require.Equal(t, 3, poison.Attempts)
			require.Equal(t, 3, g.marks("died"))
			require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))), "a node is left")
		})
	}
}

// submitterOf starts a program that has calls in the queue and on the node, with a pool
// that owns the server.
func TestSubmitterDies(t *testing.T) {
	owner := newPool(t, natsexec.Config{OrphanAfter: time.Second})
	n := newNode(t, owner, natsexec.NodeConfig{Config: natsexec.Config{OrphanAfter: time.Second}, Pool: executor.ProcessConfig{Workers: 2}})
	g := newGate(t)
	r := role{What: "submitter", URL: owner.URL(), Name: owner.Name(), Gate: string(g)}
	s := start(t, r)
	g.await(t, "entered", 2)
	s.Kill()
	g.await(t, "canceled", 2)
	eventually(t, func() bool { return n.Stats().Running == 0 && queueLength(t, owner) == 0 }, "the queue is dropped")
	require.Equal(t, 42, result(t, submit(t, owner, double.Bind(21))), "those of others run")
	require.Equal(t, 2, g.marks("entered"), "what waited never ran")
}

func TestNodeStopsGracefully(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	n := newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 1}})
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)
	waiting := submit(t, p, double.Bind(21))

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := n.Shutdown(ctx)
	var unfinished *executor.ShutdownError
	require.ErrorAs(t, err, &unfinished)
	require.Len(t, unfinished.Running, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	g.open(t)
	end(t, n.Shutdown)
	require.NotZero(t, result(t, f))
	require.False(t, waiting.Running(), "it took no more")
	nodeOf(t, p, "two", 1)
	require.Equal(t, 42, result(t, waiting))
}
