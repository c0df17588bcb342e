package loop_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

func TestTheCallGraphShowsWhoWaits(t *testing.T) {
	virtually(t, func(t *testing.T, ctx context.Context) {
		var got *loop.CallGraph
		var text strings.Builder
		leaf := loop.CreateTask(ctx, func(ctx context.Context) (int, error) {
			if err := loop.Sleep(ctx, time.Millisecond); err != nil {
				return 0, err
			}
			got = loop.CaptureCallGraph(ctx)
			return 0, loop.PrintCallGraph(ctx, &text)
		}, loop.WithName("leaf"))
		byGather := loop.CreateTask(ctx, func(ctx context.Context) ([]int, error) {
			return future.Gather(leaf).Await(ctx)
		}, loop.WithName("gathers"))
		loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
			_, _, err := future.Wait(ctx, []*loop.Task[int]{leaf}, future.WaitOptions{})
			return none{}, err
		}, loop.WithName("waits"))
		_, err := byGather.Await(ctx)
		require.NoError(t, err)
		require.Equal(t, "leaf", got.Name)
		require.Contains(t, got.Stack[0].Func, "TestTheCallGraphShowsWhoWaits", "the machinery is left out")
		require.Len(t, got.AwaitedBy, 2)
		require.Equal(t, "gathers", got.AwaitedBy[0].Name)
		require.Len(t, got.AwaitedBy[0].AwaitedBy, 1, "the test's main task")
		require.Equal(t, "waits", got.AwaitedBy[1].Name)
		require.Contains(t, text.String(), `* Task "leaf"`)
		require.Contains(t, text.String(), `     * Task "gathers"`)
	})
}

func TestTheCallGraphLooksThroughTaskGroups(t *testing.T) {
	run(t, func(ctx context.Context) {
		var got *loop.CallGraph
		require.NoError(t, loop.WithTaskGroup(ctx, func(ctx context.Context, g *loop.TaskGroup) error {
			g.Go(func(ctx context.Context) error {
				err := loop.Sleep(ctx, 0)
				got = loop.CaptureCallGraph(ctx)
				return err
			})
			return nil
		}))
		require.Len(t, got.AwaitedBy, 1)
		require.Equal(t, loop.CurrentTask(ctx).Name(), got.AwaitedBy[0].Name)
	})
}

func TestTheCallGraphHasWhatItsOptionsSay(t *testing.T) {
	run(t, func(ctx context.Context) {
		var deep func(ctx context.Context, n int) error
		deep = func(ctx context.Context, n int) error {
			if n == 0 {
				return loop.Sleep(ctx, time.Hour)
			}
			return deep(ctx, n-1)
		}
		asleep := loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return none{}, deep(ctx, 5) })
		waits := loop.CreateTask(ctx, func(ctx context.Context) (none, error) { return asleep.Await(ctx) }, loop.WithName("waits"))
		require.NoError(t, loop.Sleep(ctx, 0))
		capture := func(opts loop.GraphOptions) *loop.CallGraph {
			opts.Task = asleep
			return loop.CaptureCallGraphWith(ctx, opts)
		}
		whole := capture(loop.GraphOptions{})
		require.Equal(t, asleep.Name(), whole.Name)
		require.Len(t, whole.AwaitedBy, 1)
		require.Equal(t, "waits", whole.AwaitedBy[0].Name)
		require.GreaterOrEqual(t, len(whole.Stack), 7)
		require.Equal(t, whole.Stack[:2], capture(loop.GraphOptions{Limit: 2}).Stack, "nearest to where it waits")
		require.Equal(t, whole.Stack[len(whole.Stack)-2:], capture(loop.GraphOptions{Limit: -2}).Stack, "the outermost")
		require.Equal(t, whole.Stack[3:], capture(loop.GraphOptions{Depth: 3}).Stack)
		require.Empty(t, capture(loop.GraphOptions{Depth: 1000}).Stack)
		bare := capture(loop.GraphOptions{NoStacks: true})
		require.Empty(t, bare.Stack)
		require.Len(t, bare.AwaitedBy, 1)
		asleep.Cancel()
		_, err := waits.Await(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Nil(t, capture(loop.GraphOptions{}), "a task that is done")
	})
	require.Nil(t, loop.CaptureCallGraph(t.Context()), "outside any loop")
}

func TestTheCallGraphEndsAtACycle(t *testing.T) {
	run(t, func(ctx context.Context) {
		var a, b *loop.Task[int]
		a = loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return b.Await(ctx) }, loop.WithName("a"))
		b = loop.CreateTask(ctx, func(ctx context.Context) (int, error) { return a.Await(ctx) }, loop.WithName("b"))
		require.NoError(t, loop.Sleep(ctx, 0))
		require.NoError(t, loop.Sleep(ctx, 0))
		info, err := here(t, ctx).Dump(ctx)
		require.NoError(t, err)
		require.Len(t, info.Tasks, 3)
		require.Equal(t, "running", info.Tasks[0].State)
		require.Equal(t, []uint64{info.Tasks[2].ID}, info.Tasks[1].Awaits)
		require.Equal(t, []uint64{info.Tasks[1].ID}, info.Tasks[2].Awaits)
		require.Equal(t, "suspended", info.Tasks[1].State)
		require.Contains(t, info.Tasks[1].Stack[len(info.Tasks[1].Stack)-1].Func, "TestTheCallGraphEndsAtACycle")
		a.Cancel()
		_, err = future.GatherOutcomes(a, b).Await(ctx)
		require.NoError(t, err)
	})
}

func TestDumpAllFromOutside(t *testing.T) {
	run(t, func(ctx context.Context) {
		_, err := loop.ToThread(ctx, func(ctx context.Context) (none, error) {
			all := loop.DumpAll(ctx)
			require.Len(t, all, 1)
			require.Empty(t, all[0].Blocked)
			require.Equal(t, "suspended", all[0].Tasks[0].State)
			return none{}, nil
		}).Await(ctx)
		require.NoError(t, err)
	})
	require.Empty(t, loop.DumpAll(t.Context()))
}

func TestDumpOfABlockedLoopSaysSo(t *testing.T) {
	run(t, func(ctx context.Context) {
		l := here(t, ctx)
		loop.CurrentTask(ctx).SetName("stuck")
		dumped := make(chan loop.LoopInfo)
		go func() {
			at, cancel := context.WithCancel(context.Background())
			cancel()
			info, _ := l.Dump(at)
			dumped <- info
		}()
		info := <-dumped // what a task must not do
		require.Equal(t, "stuck", info.Blocked)
		require.Len(t, info.Tasks, 1)
		require.Equal(t, "running", info.Tasks[0].State)
	})
}

// One loop that is blocked takes nothing from the others: asked one after the other, the
// second would have had no time left to answer.
// The time of DumpAll is over when nothing else can happen: the free loop has answered, and
// the other one cannot.
func TestDumpAllOfABlockedLoopAndOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, blocked := make(chan struct{}), make(chan struct{})
		ended := make(chan error, 2)
		block := loop.New(loop.Config{})
		_, err := block.CallSoon(func() {
			close(blocked)
			<-release
		})
		require.NoError(t, err)
		go func() { ended <- block.RunForever() }()
		<-blocked
		free := loop.New(loop.Config{})
		started := make(chan struct{})
		_, err = free.CallSoon(func() { close(started) })
		require.NoError(t, err)
		go func() { ended <- free.RunForever() }()
		<-started

		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			all := loop.DumpAll(ctx)
			cancel()
			require.Len(t, all, 2)
			require.NotEmpty(t, all[0].Blocked, "the order is that in which they began")
			require.GreaterOrEqual(t, all[0].Lag, 300*time.Millisecond)
			require.Empty(t, all[1].Blocked)
			require.Zero(t, all[1].Lag)
		}
		close(release)
		block.Stop()
		free.Stop()
		require.NoError(t, <-ended)
		require.NoError(t, <-ended)
		require.NoError(t, block.Close())
		require.NoError(t, free.Close())
	})
}
