package conformance_test

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

type labeled struct {
	Name string
	I    int
}

type producerArgs struct {
	Q     *shared.Queue[labeled]
	Name  string
	Count int
}

var producer = executor.RegisterNoResult("conformance.producer", func(ctx context.Context, a producerArgs) error {
	for i := range a.Count {
		if err := a.Q.Put(ctx, labeled{a.Name, i}); err != nil {
			return err
		}
	}
	return nil
})

// queued is the word for what a queue answers.
func queued(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, shared.ErrEmpty):
		return "queue-empty"
	case errors.Is(err, shared.ErrFull):
		return "queue-full"
	case errors.Is(err, shared.ErrClosed), errors.Is(err, shared.ErrNoTask):
		return "value-error"
	default:
		return err.Error()
	}
}

func queueOf[T any](o *out, cfg shared.QueueConfig) *shared.Queue[T] {
	return must[*shared.Queue[T]](o)(shared.NewQueueWith[T](cfg))
}

var _ = port("shared/10-queue-across-processes", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 2})
	q := queueOf[labeled](o, shared.QueueConfig{})
	_, fresh := q.TryGet()
	// A wait with a limit says in Go that the limit passed, whatever it waited for.
	_, waited := q.Get(within(30 * time.Millisecond))
	require.ErrorIs(o, waited, context.DeadlineExceeded)
	_, after := q.TryGet()
	o.Print("fresh:", queued(fresh), queued(after))
	senders := []*future.Future[none]{
		submit(o, pool, producer.Bind(producerArgs{q, "a", 20})),
		submit(o, pool, producer.Bind(producerArgs{q, "b", 20})),
	}
	got := map[string][]int{}
	for range 40 {
		item := must[labeled](o)(q.Get(bg))
		got[item.Name] = append(got[item.Name], item.I)
	}
	must[[]none](o)(future.Gather(senders...).Await(bg))
	for _, name := range []string{"a", "b"} {
		inOrder := len(got[name]) == 20
		for i, v := range got[name] {
			inOrder = inOrder && i == v
		}
		o.Print(name+" in order:", yes(inOrder))
	}
	lists := queueOf[[]int](o, shared.QueueConfig{})
	original := []int{1, 2}
	require.NoError(o, lists.Put(bg, original))
	arrived := append(must[[]int](o)(lists.Get(bg)), 3)
	o.Print("a copy arrives:", words(original), "/", words(arrived))

	small := queueOf[int](o, shared.QueueConfig{Items: 2})
	get := func() int { return must[int](o)(small.Get(bg)) }
	answers := []string{queued(small.TryPut(0)), queued(small.TryPut(1)), queued(small.TryPut(2))}
	require.ErrorIs(o, small.Put(within(30*time.Millisecond), 9), context.DeadlineExceeded)
	o.Print("bounded:", words(answers), queued(small.TryPut(9)))
	o.Print("first out:", get(), "/ room again:", queued(small.Put(within(patience), 3)), "/", get(), get())
	require.NoError(o, small.Close())
	_, closed := small.Get(within(30 * time.Millisecond))
	o.Print("closed: put", queued(small.Put(bg, 1)), "/ get", queued(closed))
	require.NoError(o, pool.Shutdown(bg))
})

// A message stands for the several types that the original sends through one pipe.
type message struct {
	Text string
	List []int
	N    int
}

var echo = executor.RegisterNoResult("conformance.echo", func(ctx context.Context, end *shared.Conn[message]) (err error) {
	defer func() { err = errors.Join(err, end.Close()) }()
	for {
		m, err := end.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		twice := message{m.Text + m.Text, append(m.List, m.List...), 2 * m.N}
		if err := end.Send(ctx, twice); err != nil {
			return err
		}
		if m.Text == "bye" {
			return end.Send(ctx, message{Text: "last words"})
		}
	}
})

// exitCode is what the end of a call stands for in the original, where a process
// of its own ends: 0 or, with an error, 1.
func exitCode(f *future.Future[none]) int {
	if _, err := f.Await(bg); err != nil {
		return 1
	}
	return 0
}

func piped(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, io.EOF):
		return "end-of-input"
	case errors.Is(err, io.ErrClosedPipe), errors.Is(err, shared.ErrClosed):
		return "io-error"
	default:
		return err.Error()
	}
}

var _ = port("shared/11-pipe-across-processes", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	start := func() (*shared.Conn[message], *future.Future[none]) {
		ours, theirs, err := shared.Pipe[message]()
		require.NoError(o, err)
		worker := submit(o, pool, echo.Bind(theirs))
		require.NoError(o, theirs.Close()) // else the end of input would never come
		return ours, worker
	}
	ours, worker := start()
	recv := func() message { return must[message](o)(ours.Recv(bg)) }
	failed := func() string { _, err := ours.Recv(bg); return piped(err) }
	o.Print("nothing yet:", yes(ours.Poll(now())), yes(ours.Poll(within(30*time.Millisecond))))
	for _, m := range []message{{Text: "ab"}, {List: []int{1, 2}}, {N: 21}} {
		require.NoError(o, ours.Send(bg, m))
	}
	o.Print("poll:", yes(ours.Poll(within(patience))), yes(ours.Poll(now())), "/ answers:", recv().Text, len(recv().List), recv().N)
	require.NoError(o, ours.Close())
	o.Print("closing ends the other side, exit code", exitCode(worker))
	o.Print("after close: send", piped(ours.Send(bg, message{})), "/ recv", failed())

	ours, worker = start()
	require.NoError(o, ours.Send(bg, message{Text: "bye"}))
	must[none](o)(worker.Await(bg))
	o.Print("sent before the end:", recv().Text, "/", recv().Text)
	o.Print("poll at the end:", yes(ours.Poll(now())), "/ recv:", failed(), "/", failed())
	o.Print("send to nobody:", piped(ours.Send(bg, message{Text: "x"})))
	require.NoError(o, ours.Close())
	require.NoError(o, pool.Shutdown(bg))
})

type consumerArgs struct {
	Jobs, Results *shared.Queue[int]
	Gate          *shared.Event
}

// lastJob tells the consumer that there are no more.
const lastJob = -1

var consumer = executor.RegisterNoResult("conformance.consumer", func(ctx context.Context, a consumerArgs) error {
	for {
		job, err := a.Jobs.Get(ctx)
		if err != nil {
			return err
		}
		if job == 3 {
			err = a.Gate.Wait(ctx)
		}
		if job != lastJob {
			err = errors.Join(err, a.Results.Put(ctx, job*job))
		}
		err = errors.Join(err, a.Jobs.TaskDone())
		if err != nil || job == lastJob {
			return err
		}
	}
})

var _ = port("shared/14-joinable-queue", func(o *out) {
	pool := processes(o, executor.ProcessConfig{Workers: 1})
	a := consumerArgs{
		Jobs:    queueOf[int](o, shared.QueueConfig{Joinable: true}),
		Results: queueOf[int](o, shared.QueueConfig{}),
		Gate:    must[*shared.Event](o)(shared.NewEvent()),
	}
	joined := func(d time.Duration) string { return yes(a.Jobs.Join(within(d)) == nil) }
	results := func(n int) string {
		var got []int
		for range n {
			got = append(got, must[int](o)(a.Results.Get(bg)))
		}
		return words(got)
	}
	require.NoError(o, a.Jobs.Join(bg))
	o.Print("join of a fresh queue: at once")
	worker := submit(o, pool, consumer.Bind(a))
	for _, job := range []int{0, 1, 2, 3, 4, lastJob} {
		require.NoError(o, a.Jobs.Put(bg, job))
	}
	o.Print("early results:", results(3))
	o.Print("joined while one job hangs:", joined(100*time.Millisecond))
	a.Gate.Set()
	o.Print("joined then:", joined(patience))
	o.Print("late results:", results(2))
	o.Print("worker exit code:", exitCode(worker))
	o.Print("task_done too often:", queued(a.Jobs.TaskDone()))
	require.NoError(o, a.Jobs.Put(bg, 9))
	must[int](o)(a.Jobs.Get(bg))
	o.Print("taken out but not done, joined:", joined(100*time.Millisecond))
	require.NoError(o, a.Jobs.TaskDone())
	o.Print("done, joined:", joined(patience))
	require.NoError(o, pool.Shutdown(bg))
})
