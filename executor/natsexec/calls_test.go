//go:build linux

package natsexec_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func TestCancelBeforeTheClaim(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	stays := submit(t, p, double.Bind(21))
	eventually(t, func() bool { return queueLength(t, p) == 2 }, "both are in the queue")
	require.True(t, f.Cancel())
	require.True(t, f.Canceled())
	eventually(t, func() bool { return queueLength(t, p) == 1 }, "it is taken out of the queue")
	nodeOf(t, p, "one", 1)
	require.Equal(t, 42, result(t, stays))
	require.Zero(t, g.marks("entered"), "it never ran")
	require.EqualValues(t, 1, p.Stats().Canceled)
}

func TestCancelAfterTheClaim(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 1, Grace: 50 * time.Millisecond}})

	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)
	f.CancelCause(errTest)
	_, err := outcome(t, f)
	require.True(t, f.Canceled(), "got %v", err)
	require.ErrorIs(t, err, context.Canceled)
	g.await(t, "canceled", 1)

	// One that does not listen is killed.
	g = newGate(t)
	f = submit(t, p, stuck.Bind(g))
	g.await(t, "entered", 1)
	f.Cancel()
	_, err = outcome(t, f)
	require.Error(t, err)
	require.Equal(t, 42, result(t, submit(t, p, double.Bind(21))), "the node goes on")
}

func TestDeadlines(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	g := newGate(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	f, err := executor.Submit(ctx, p, hold.Bind(g))
	require.NoError(t, err)
	_, err = outcome(t, f)
	require.ErrorIs(t, err, context.DeadlineExceeded, "it passed in the queue")

	newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 1}})
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	f, err = executor.Submit(ctx, p, hold.Bind(g))
	require.NoError(t, err)
	g.await(t, "entered", 1)
	_, err = outcome(t, f)
	require.ErrorIs(t, err, context.DeadlineExceeded, "it passed while the call ran")
	require.False(t, f.Canceled())
	g.await(t, "canceled", 1)
}

func TestFullQueue(t *testing.T) {
	for name, cfg := range map[string]natsexec.Config{
		"of the submitter": {MaxPending: 5},
		"of the server":    {MaxQueued: 5},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, cfg)
			var fs []*future.Future[int]
			require.Eventually(t, func() bool {
				f, err := executor.TrySubmit(t.Context(), p, double.Bind(len(fs)))
				if err != nil {
					require.ErrorIs(t, err, executor.ErrQueueFull)
					return true
				}
				fs = append(fs, f)
				return false
			}, patience, time.Millisecond, "TrySubmit refuses")
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := executor.Submit(ctx, p, double.Bind(0))
			require.ErrorIs(t, err, context.DeadlineExceeded, "Submit waits, with ctx")

			last := make(chan *future.Future[int], 1)
			go func() {
				f, err := executor.Submit(t.Context(), p, double.Bind(21))
				if err == nil {
					last <- f
				}
				close(last)
			}()
			eventually(t, func() bool { return p.Stats().WaitingFor == 1 }, "one waits for room")
			nodeOf(t, p, "one", 2)
			for i, f := range fs {
				require.Equal(t, 2*i, result(t, f), "what was accepted runs")
			}
			f := <-last
			require.NotNil(t, f)
			require.Equal(t, 42, result(t, f))
		})
	}
}

func TestPriority(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	n := newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 1}})
	g := newGate(t)
	blocker := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)
	var order []int
	done := make(chan int, 100)
	priorities := []int{0, -1, 7, 0, math.MaxInt, -1, 7, math.MinInt, 0}
	for _, priority := range priorities {
		f := submit(t, p, double.Bind(1).WithPriority(priority))
		f.OnDone(func() { done <- priority })
	}
	// The node has to know of the new priorities.
	eventually(t, func() bool { return len(consumers(t, p)) == 5 }, "a consumer for each priority")
	g.open(t)
	result(t, blocker)
	for range priorities {
		order = append(order, <-done)
	}
	require.Equal(t, []int{math.MaxInt, 7, 7, 0, 0, 0, -1, -1, math.MinInt}, order)
	require.NotNil(t, n)
}

func TestLargeValues(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 2)
	for _, size := range []int{0, 1, 512<<10 - 1, 512 << 10, 512<<10 + 1, 9 << 20} {
		b := bytes.Repeat([]byte{'x'}, size)
		got := result(t, submit(t, p, echo.Bind(b)))
		require.True(t, bytes.Equal(b, got), "%d bytes", size)
	}
	eventually(t, func() bool { return objects(t, p) == 0 }, "they are removed after use")

	// One that is called off leaves nothing either.
	g := newGate(t)
	submit(t, p, hold.Bind(g))
	submit(t, p, hold.Bind(g))
	g.await(t, "entered", 2)
	f := submit(t, p, echo.Bind(make([]byte, 2<<20)))
	eventually(t, func() bool { return objects(t, p) == 1 }, "its argument is there")
	f.Cancel()
	eventually(t, func() bool { return objects(t, p) == 0 }, "and gone")
	g.open(t)
}

func TestSharedMemoryIsRefused(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	v, err := shared.NewValue[int64](1)
	require.NoError(t, err)
	defer v.Close()
	_, err = executor.Submit(t.Context(), p, useRef.Bind(v))
	require.ErrorIs(t, err, natsexec.ErrSharedMemory)
	require.ErrorContains(t, err, "shared memory cannot leave its machine")
	require.ErrorContains(t, err, "t.useRef")
}

func TestProgress(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 1)
	var reports []int
	f, err := executor.Submit(executor.WithProgress(t.Context(), func(i int) { reports = append(reports, i) }), p, count.Bind(500))
	require.NoError(t, err)
	require.Equal(t, 500, result(t, f))
	require.Len(t, reports, 500, "all of them came before the result")
	for i, r := range reports {
		require.Equal(t, i, r)
	}
}

func TestErrorsCross(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 1)
	_, err := outcome(t, submit(t, p, fail.Bind("today")))
	require.ErrorIs(t, err, errTest)
	var remote *executor.RemoteError
	require.ErrorAs(t, err, &remote)
	require.EqualError(t, err, "t: no luck: today")
	require.Equal(t, "t.fail", remote.Function)
}

func TestInitializer(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	newNode(t, p, natsexec.NodeConfig{Pool: executor.ProcessConfig{Workers: 1, Initializer: remember.Bind("state of a node")}})
	require.Equal(t, "state of a node", result(t, submit(t, p, remembered.Bind())))

	_, err := natsexec.NewNode(t.Context(), natsexec.NodeConfig{
		Config: natsexec.Config{URL: p.URL()}, Pool: executor.ProcessConfig{Workers: 1, Initializer: failingInit.Bind()},
	})
	var failed *executor.InitError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, errTest)
}

var failingInit = executor.RegisterAction("t.failingInit", func(context.Context) error { return errTest })

func TestConfigErrors(t *testing.T) {
	for field, cfg := range map[string]natsexec.Config{
		"Name": {Name: "a.b"}, "Build": {Build: "*"}, "MaxQueued": {MaxQueued: -1}, "Replicas": {Replicas: 6}, "LostAfter": {LostAfter: -1},
		"OrphanAfter": {OrphanAfter: -1}, "MaxPending": {MaxPending: -1}, "Retry": {Retry: 101},
	} {
		_, err := natsexec.New(cfg)
		var wrong *executor.ConfigError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, "natsexec.Config."+field, wrong.Field)
	}
	_, err := natsexec.NewServer(natsexec.ServerConfig{Port: 70000})
	var wrong *executor.ConfigError
	require.ErrorAs(t, err, &wrong)
	require.ErrorAs(t, natsexec.Serve(t.Context(), natsexec.NodeConfig{}), &wrong)
	require.ErrorContains(t, wrong, "a node needs the server of a pool")
}

func TestShutdownInsideItself(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 1)
	said := make(chan error, 2)
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	f.OnDone(func() {
		said <- p.Shutdown(t.Context())
		said <- executor.CloseAll(t.Context())
	})
	g.open(t)
	require.ErrorIs(t, <-said, executor.ErrInsideItself)
	require.ErrorIs(t, <-said, executor.ErrInsideItself)
	end(t, p.Shutdown)
	_, err := executor.Submit(t.Context(), p, double.Bind(1))
	require.ErrorIs(t, err, executor.ErrShutdown)
	require.NoError(t, executor.CloseAll(t.Context()))
}

// consumers are the names of those that take calls.
func consumers(t testing.TB, p *natsexec.Pool) (names []string) {
	t.Helper()
	nc, js := jetStream(t, p)
	defer nc.Close()
	s, err := js.Stream(t.Context(), "asyncgo_"+p.Name()+"_calls")
	require.NoError(t, err)
	for name := range s.ConsumerNames(t.Context()).Name() {
		names = append(names, name)
	}
	return names
}

// objects is how many large values are stored.
func objects(t testing.TB, p *natsexec.Pool) int {
	t.Helper()
	nc, js := jetStream(t, p)
	defer nc.Close()
	store, err := js.ObjectStore(t.Context(), "asyncgo_"+p.Name())
	require.NoError(t, err)
	list, err := store.List(t.Context())
	if errors.Is(err, jetstream.ErrNoObjectsFound) {
		return 0
	}
	require.NoError(t, err)
	return len(list)
}
