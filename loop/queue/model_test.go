package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/queue"
)

// A refTask is a task of the reference that puts, gets or joins once.
type refTask struct {
	id       int
	do       string
	item     int
	started  bool
	parked   bool
	finished bool
	woken    bool // its future has a result
	canceled bool // its future is canceled
	must     bool // the task was canceled and has not been told
}

func (w *refTask) pending() bool { return !w.woken && !w.canceled }

// A ref is asyncio's Queue and the part of its loop that matters, as naively as can
// be: futures in lists, and a queue of steps.
type ref struct {
	maxsize                   int
	items                     []int
	next                      func([]int) int // the index of the item to hand out
	unfinished                int
	shut                      bool
	getters, putters, joiners []*refTask
	ready                     []*refTask
	trace                     []string
}

func (r *ref) full() bool { return r.maxsize > 0 && len(r.items) >= r.maxsize }

func (r *ref) wake(w *refTask) {
	w.woken = true
	r.ready = append(r.ready, w)
}

func (r *ref) wakeNext(list *[]*refTask) {
	for len(*list) > 0 {
		w := (*list)[0]
		*list = (*list)[1:]
		if w.pending() {
			r.wake(w)
			return
		}
	}
}

func (r *ref) putNowait(item int) string {
	switch {
	case r.shut:
		return "shutdown"
	case r.full():
		return "full"
	}
	r.items = append(r.items, item)
	r.unfinished++
	r.wakeNext(&r.getters)
	return "put"
}

func (r *ref) getNowait() string {
	switch {
	case len(r.items) == 0 && r.shut:
		return "shutdown"
	case len(r.items) == 0:
		return "empty"
	}
	i := r.next(r.items)
	item := r.items[i]
	r.items = slices.Delete(r.items, i, i+1)
	r.wakeNext(&r.putters)
	return fmt.Sprintf("got %d", item)
}

func (r *ref) taskDone() bool {
	if r.unfinished == 0 {
		return false
	}
	r.unfinished--
	r.checkFinished()
	return true
}

func (r *ref) checkFinished() {
	if r.unfinished > 0 {
		return
	}
	for _, w := range r.joiners {
		if w.pending() {
			r.wake(w)
		}
	}
}

func (r *ref) shutdown(immediate bool) {
	r.shut = true
	if immediate {
		for range r.items {
			r.unfinished = max(0, r.unfinished-1)
		}
		r.items = nil
		r.checkFinished()
	}
	for len(r.getters) > 0 {
		r.wakeNext(&r.getters)
	}
	for len(r.putters) > 0 {
		r.wakeNext(&r.putters)
	}
}

func (r *ref) cancel(w *refTask) {
	switch {
	case w.finished:
	case w.parked && w.pending():
		w.canceled = true
		r.ready = append(r.ready, w)
	default:
		w.must = true
	}
}

func (r *ref) end(w *refTask, how string) {
	w.finished = true
	r.trace = append(r.trace, fmt.Sprintf("%d %s", w.id, how))
}

func (r *ref) park(w *refTask, list *[]*refTask) {
	w.parked, w.woken = true, false
	*list = append(*list, w)
}

func (r *ref) step(w *refTask) {
	list := map[string]*[]*refTask{"put": &r.putters, "get": &r.getters, "join": &r.joiners}[w.do]
	switch {
	case !w.started && w.must:
		w.finished = true // and its body never runs
		return
	case w.started:
		*list = slices.DeleteFunc(*list, func(other *refTask) bool { return other == w })
		if w.canceled || w.must {
			if w.woken && (w.do == "get" && len(r.items) > 0 || w.do == "put" && !r.full()) {
				r.wakeNext(list)
			}
			r.end(w, "canceled")
			return
		}
	}
	again := w.started
	w.started, w.parked = true, false
	switch {
	case w.do == "join" && (again || r.unfinished == 0):
		r.end(w, "joined")
	case w.do == "join":
		r.park(w, list)
	case w.do == "put":
		if how := r.putNowait(w.item); how != "full" {
			r.end(w, how)
			return
		}
		r.park(w, list)
	default:
		if how := r.getNowait(); how != "empty" {
			r.end(w, how)
			return
		}
		r.park(w, list)
	}
}

// turn is one iteration of the loop.
func (r *ref) turn() {
	batch := r.ready
	r.ready = nil
	for _, w := range batch {
		r.step(w)
	}
}

// sums is what can be seen of a queue from outside, without its items.
func (r *ref) sums() string {
	var s string
	if n := len(r.getters); n > 0 {
		s += fmt.Sprintf(" getters[%d]", n)
	}
	if n := len(r.putters); n > 0 {
		s += fmt.Sprintf(" putters[%d]", n)
	}
	if r.unfinished > 0 {
		s += fmt.Sprintf(" tasks=%d", r.unfinished)
	}
	if r.shut {
		s += " shutdown"
	}
	return s + ">"
}

func word(item int, err error, done string) string {
	switch {
	case err == nil && done == "got":
		return fmt.Sprintf("got %d", item)
	case err == nil:
		return done
	case errors.Is(err, queue.ErrShutdown):
		return "shutdown"
	case errors.Is(err, queue.ErrFull):
		return "full"
	case errors.Is(err, queue.ErrEmpty):
		return "empty"
	case future.IsCanceled(err):
		return "canceled"
	}
	return err.Error()
}

// An op is one step of a random schedule.
type op struct {
	Do  string
	Arg int
}

// schedule draws a schedule. It is drawn whole before the loop runs, for rapid
// speaks to itself by panics, which a task would keep.
func schedule(rt *rapid.T) []op {
	words := []string{
		"put", "put", "put", "get", "get", "get", "join", "cancel", "cancel", "cancel",
		"put nowait", "put nowait", "get nowait", "get nowait", "task done", "task done", "turn", "turn", "turn",
		"shutdown",
	}
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) op {
		return op{rapid.SampledFrom(words).Draw(rt, "do"), rapid.IntRange(0, 9).Draw(rt, "arg")}
	}), 30, 90).Draw(rt, "schedule")
}

func checkModel(rt *rapid.T, q *queue.Queue[int], model *ref) {
	ops := schedule(rt)
	_, err := loop.Run(context.Background(), func(ctx context.Context) (none, error) {
		var tasks []*loop.Task[none]
		var refs []*refTask
		var trace []string
		spawn := func(do string, item int) {
			w := &refTask{id: len(tasks), do: do, item: item}
			tasks = append(tasks, loop.CreateTask(ctx, func(ctx context.Context) (none, error) {
				var err error
				how := ""
				switch do {
				case "put":
					err = q.Put(ctx, item)
					how = word(0, err, "put")
				case "get":
					var got int
					got, err = q.Get(ctx)
					how = word(got, err, "got")
				case "join":
					err = q.Join(ctx)
					how = word(0, err, "joined")
				}
				trace = append(trace, fmt.Sprintf("%d %s", w.id, how))
				if errors.Is(err, queue.ErrShutdown) {
					err = nil // the task is not awaited, so it would not be seen
				}
				return none{}, err
			}))
			refs = append(refs, w)
			model.ready = append(model.ready, w)
		}
		for i, o := range ops {
			got, want := "", ""
			switch o.Do {
			case "put", "get", "join":
				spawn(o.Do, o.Arg)
			case "cancel":
				if o.Arg < len(tasks) {
					id := len(tasks) - 1 - o.Arg
					tasks[id].Cancel()
					model.cancel(refs[id])
				}
			case "put nowait":
				got, want = word(0, q.PutNowait(o.Arg), "put"), model.putNowait(o.Arg)
			case "get nowait":
				item, err := q.GetNowait()
				got, want = word(item, err, "got"), model.getNowait()
			case "task done":
				got, want = fmt.Sprint(q.TaskDone() == nil), fmt.Sprint(model.taskDone())
			case "turn":
				if err := loop.Sleep(ctx, 0); err != nil {
					return none{}, err
				}
				model.turn()
			case "shutdown":
				if o.Arg > 1 {
					continue // or most schedules would be over soon
				}
				q.Shutdown(o.Arg == 1)
				model.shutdown(o.Arg == 1)
			}
			got += fmt.Sprintf(" %v, %d items", trace, q.Qsize())
			want += fmt.Sprintf(" %v, %d items", model.trace, len(model.items))
			if got != want || !strings.HasSuffix(q.String(), model.sums()) {
				return none{}, fmt.Errorf("after step %d %v:\n got %s %v\nwant %s %s", i, o, got, q, want, model.sums())
			}
		}
		q.Shutdown(true)
		return none{}, nil
	})
	require.NoError(rt, err)
}

func TestQueueAgainstTheModel(t *testing.T) {
	for name, kind := range map[string]struct {
		make func(maxsize int) *queue.Queue[int]
		next func(items []int) int
	}{
		"Queue": {queue.NewQueue[int], func([]int) int { return 0 }},
		"LifoQueue": {
			func(maxsize int) *queue.Queue[int] { return &queue.NewLifoQueue[int](maxsize).Queue },
			func(items []int) int { return len(items) - 1 },
		},
		"PriorityQueue": {
			func(maxsize int) *queue.Queue[int] { return &queue.NewPriorityQueue[int](maxsize).Queue },
			func(items []int) int { return slices.Index(items, slices.Min(items)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				maxsize := rapid.IntRange(0, 3).Draw(rt, "maxsize")
				checkModel(rt, kind.make(maxsize), &ref{maxsize: maxsize, next: kind.next})
			})
		})
	}
}

// TestItemsInMemory drives the storage alone, with enough items to make it grow and
// shrink, against a plain slice.
func TestItemsInMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		queues := []*queue.Queue[int]{
			queue.NewQueue[int](0), &queue.NewLifoQueue[int](0).Queue, &queue.NewPriorityQueue[int](0).Queue,
		}
		next := []func([]int) int{
			func([]int) int { return 0 },
			func(items []int) int { return len(items) - 1 },
			func(items []int) int { return slices.Index(items, slices.Min(items)) },
		}
		kind := rapid.IntRange(0, 2).Draw(rt, "kind")
		q, pick := queues[kind], next[kind]
		var items []int
		for _, n := range rapid.SliceOfN(rapid.IntRange(-1500, 1500), 1, 6).Draw(rt, "bursts") {
			for i := range n {
				require.NoError(rt, q.PutNowait(i*7919%1009))
				items = append(items, i*7919%1009)
			}
			for i := 0; i < -n && len(items) > 0; i++ {
				at := pick(items)
				got, err := q.GetNowait()
				require.NoError(rt, err)
				require.Equal(rt, items[at], got)
				items = slices.Delete(items, at, at+1)
			}
			require.Equal(rt, len(items), q.Qsize())
		}
	})
}
