package sched

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A modelCall is what the naive reference knows of a call.
type modelCall struct {
	sched    Call[modelCall]
	where    place
	with     *modelWorker // that has it, if it is flying
	began    bool
	accepted int // how often it was
	left     int // how often it left, for good
}

// A modelWorker is what the naive reference knows of a worker.
type modelWorker struct {
	sched    Worker[modelCall, modelWorker]
	state    state
	calls    []*modelCall // in order
	finished int
	pinned   bool
	occupied bool
	retiring bool
}

// A model plays the pool, the processes and the naive reference in one: it does what
// the scheduler decides, and looks whether that may be done.
type model struct {
	*rapid.T
	s       *Scheduler[modelCall, modelWorker]
	cfg     Config
	calls   []*modelCall
	workers []*modelWorker
	costs   []*Costs
	order   uint64
	now     int64
	held    bool
	closing bool
	broken  bool
	expired int64
}

func (m *model) waiting() (list []*modelCall) {
	for _, c := range m.calls {
		if c.where == queued || c.where == returned {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *modelCall) int {
		return cmp.Or(cmp.Compare(b.sched.Priority, a.sched.Priority), cmp.Compare(b.where, a.where), cmp.Compare(a.sched.Order, b.sched.Order))
	})
	return list
}

func (m *model) some(ok func(w *modelWorker) bool) *modelWorker {
	var list []*modelWorker
	for _, w := range m.workers {
		if ok(w) {
			list = append(list, w)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(m.T, "worker")]
}

func (m *model) leave(c *modelCall) {
	c.where, c.with = nowhere, nil
	c.left++
}

func (m *model) surplus() bool {
	n := 0
	for _, w := range m.workers {
		if w.state == ready && !w.retiring {
			n++
		}
	}
	return len(m.workers) > m.cfg.Workers && n > m.cfg.Workers
}

func (m *model) mayTake(w *modelWorker) bool {
	return w.state == ready && !w.occupied && !w.retiring && !m.surplus() &&
		(m.cfg.MaxTasks == 0 || w.finished+len(w.calls) < m.cfg.MaxTasks)
}

// event does what the scheduler decides, until there is nothing more to do, and checks
// what must hold then.
func (m *model) event() {
	for steps := 0; ; steps++ {
		require.Less(m, steps, 10000, "the scheduler comes to no end")
		d := m.s.Next(m.now)
		switch d.Do {
		case Start:
			require.False(m, m.held || m.broken)
			require.Less(m, len(m.workers), m.cfg.Workers)
			if rapid.IntRange(0, 4).Draw(m.T, "start fails") == 0 {
				m.held = true
				m.s.Hold()
				break
			}
			w := new(modelWorker)
			w.sched.Of = w
			m.workers = append(m.workers, w)
			m.s.Come(&w.sched)
		case Give:
			m.give(d.Worker.Of, d.Call.Of)
		case Recall:
			m.recall(d.Worker.Of, d.Call.Of)
		case Leave:
			m.mayLeave(d.Worker.Of)
			d.Worker.Of.state = leaving
		case Nothing:
			m.check()
			return
		}
	}
}

func (m *model) give(w *modelWorker, c *modelCall) {
	require.Same(m, m.waiting()[0], c, "what waits is given in order")
	require.True(m, m.mayTake(w))
	if len(w.calls) > 0 {
		require.LessOrEqual(m, len(w.calls), m.cfg.Prefetch)
		require.LessOrEqual(m, len(w.calls), m.cfg.Window)
		require.LessOrEqual(m, w.sched.Ahead(), oneAhead)
	}
	if rapid.IntRange(0, 9).Draw(m.T, "called off") == 0 {
		m.leave(c)
		return
	}
	m.launch(w, c)
}

func (m *model) launch(w *modelWorker, c *modelCall) {
	m.s.Launch(&w.sched, &c.sched)
	w.calls = append(w.calls, c)
	c.where, c.with, c.began = flying, w, false
}

func (m *model) recall(w *modelWorker, c *modelCall) {
	require.Same(m, w, c.with)
	require.NotSame(m, w.calls[0], c, "the first has begun, or is about to")
	require.True(m, slices.ContainsFunc(m.workers, func(o *modelWorker) bool { return o.state == ready && len(o.calls) == 0 }))
	require.Empty(m, m.waiting(), "what waits goes first")
	if rapid.Bool().Draw(m.T, "it has begun") {
		m.s.Kept(&w.sched, &c.sched)
		return
	}
	m.takeBack(w, c)
}

func (m *model) takeBack(w *modelWorker, c *modelCall) {
	w.calls = slices.DeleteFunc(w.calls, func(o *modelCall) bool { return o == c })
	c.where, c.with = returned, nil
	m.s.Recalled(&w.sched, &c.sched)
	m.s.Return(&c.sched)
}

func (m *model) mayLeave(w *modelWorker) {
	require.False(m, w.pinned)
	over := m.closing && len(m.waiting()) == 0
	if w.state == coming {
		require.True(m, over)
		return
	}
	require.Equal(m, ready, w.state)
	require.Empty(m, w.calls)
	require.True(m, over || m.surplus() || w.retiring ||
		m.cfg.MaxTasks > 0 && w.finished >= m.cfg.MaxTasks || m.expired > 0 && w.sched.idleSince <= m.expired)
}

// check is told that there is nothing more to do.
func (m *model) check() {
	waiting := m.waiting()
	require.Equal(m, len(waiting), m.s.Waiting())
	inQueue, coming, idle, enough := 0, 0, 0, 0
	for _, c := range waiting {
		if c.where == queued {
			inQueue++
		}
	}
	require.Equal(m, inQueue, m.s.Queue().Len())
	for _, w := range m.workers {
		require.Equal(m, w.state, w.sched.state)
		require.Equal(m, len(w.calls), w.sched.Load())
		require.Equal(m, w.finished, w.sched.Finished())
		if w.sched.idle {
			idle++
			require.Empty(m, w.calls)
			require.Equal(m, ready, w.state)
		}
		if w.state == 0 && !w.sched.overlooked {
			coming++
		}
		if w.state == ready && len(w.calls) > 0 && w.calls[0].sched.Costs.known && w.sched.ahead <= aheadFor && !w.sched.late {
			enough++
		}
		if w.state == ready && len(w.calls) == 0 && !w.occupied && !w.pinned {
			require.True(m, w.sched.idle, "a worker without calls is idle")
		}
		if m.closing && len(waiting) == 0 && !w.pinned {
			require.False(m, w.state == 0, "none comes when all is over")
			require.False(m, w.state == ready && len(w.calls) == 0, "none stays when all is over")
		}
	}
	require.Equal(m, idle, m.s.Idle())
	require.Equal(m, coming, m.s.Starting())
	if len(waiting) > 0 && idle > 0 {
		asleep := waiting[0].sched.Costs.known && m.cfg.Prefetch >= 0 && m.cfg.MaxPending == 0 && !m.closing && enough > 0
		require.True(m, asleep, "a call waits while a worker is idle, and none that is at work keeps up")
	}
	if len(waiting) > 0 && !m.held && !m.broken && len(m.workers) < m.cfg.Workers {
		require.GreaterOrEqual(m, coming+idle, len(waiting), "there are workers for what waits")
	}
	require.Equal(m, m.closing && len(m.workers) == 0 && len(waiting) == 0, m.s.Settled())
	for _, c := range m.calls {
		require.LessOrEqual(m, c.left, c.accepted)
		if c.where == nowhere {
			require.Equal(m, c.accepted, c.left, "every accepted call leaves exactly once")
		}
		require.Equal(m, c.where, c.sched.place)
	}
}

func (m *model) submit() {
	if m.closing {
		return
	}
	m.order++
	c := &modelCall{accepted: 1}
	c.sched = Call[modelCall]{
		Of:       c,
		Order:    m.order,
		Since:    m.now,
		Priority: rapid.SampledFrom([]int{0, 0, 0, 1, -1}).Draw(m.T, "priority"),
		Costs:    rapid.SampledFrom(m.costs).Draw(m.T, "kind"),
	}
	m.calls = append(m.calls, c)
	if w := m.s.Take(&c.sched); w != nil {
		require.Empty(m, m.waiting())
		require.Empty(m, w.Of.calls)
		if rapid.IntRange(0, 9).Draw(m.T, "called off") == 0 {
			m.leave(c)
			m.s.Serve(w)
			return
		}
		m.launch(w.Of, c)
		return
	}
	if m.s.Full() {
		m.leave(c)
		return
	}
	c.where = queued
	m.s.Accept(&c.sched)
}

func (m *model) land() {
	w := m.some(func(w *modelWorker) bool { return w.state != gone && len(w.calls) > 0 })
	if w == nil {
		return
	}
	c := w.calls[0]
	id := w.sched.Head().ID
	_, err := m.s.Landed(&w.sched, id+1)
	require.Error(m, err, "only the call that comes next lands")
	got, err := m.s.Landed(&w.sched, id)
	require.NoError(m, err)
	require.Same(m, c, got.Of)
	got.Costs.Add(rapid.SampledFrom([]int64{500, 5_000, 100_000, 10_000_000}).Draw(m.T, "ran"))
	w.calls = w.calls[1:]
	w.finished++
	m.leave(c)
}

func (m *model) die() {
	w := m.some(func(w *modelWorker) bool { return w.state != gone })
	if w == nil {
		return
	}
	w.state = gone
	for i, f := range m.s.Dead(&w.sched) {
		if f.Call == nil {
			continue
		}
		c := f.Call.Of
		require.Same(m, w, c.with)
		if i == 0 || rapid.Bool().Draw(m.T, "it had begun") || m.broken {
			m.leave(c)
			continue
		}
		c.where, c.with = returned, nil
		m.s.Return(&c.sched)
	}
	w.calls = nil
	m.event()
	m.s.Gone(&w.sched)
	m.workers = slices.DeleteFunc(m.workers, func(o *modelWorker) bool { return o == w })
}

func (m *model) step(what string) {
	m.now += int64(rapid.IntRange(0, 1000).Draw(m.T, "later"))
	isReady := func(w *modelWorker) bool { return w.state == ready }
	switch what {
	case "submit":
		m.submit()
	case "land":
		m.land()
	case "die":
		m.die()
	case "ready":
		if w := m.some(func(w *modelWorker) bool { return w.state == coming }); w != nil {
			w.state = ready
			m.s.Ready(&w.sched)
		}
	case "drop":
		if list := m.waiting(); len(list) > 0 {
			c := rapid.SampledFrom(list).Draw(m.T, "call")
			m.leave(c)
			require.True(m, m.s.Drop(&c.sched))
			require.False(m, m.s.Drop(&c.sched), "once is enough")
		}
	case "cancel":
		if w := m.some(func(w *modelWorker) bool { return isReady(w) && len(w.calls) > 0 }); w != nil {
			c := rapid.SampledFrom(w.calls).Draw(m.T, "call")
			w.calls = slices.DeleteFunc(w.calls, func(o *modelCall) bool { return o == c })
			m.leave(c)
			m.s.Recalled(&w.sched, &c.sched)
		}
	case "take back":
		if w := m.some(func(w *modelWorker) bool { return isReady(w) && len(w.calls) > 1 }); w != nil {
			m.s.Late(&w.sched)
			for _, c := range slices.Clone(w.calls[1:]) {
				m.takeBack(w, c)
			}
		}
	case "late":
		if w := m.some(isReady); w != nil {
			m.s.Late(&w.sched)
		}
	case "overlook":
		if w := m.some(func(w *modelWorker) bool { return w.state == coming }); w != nil {
			m.s.Overlook(&w.sched)
		}
	case "occupy":
		if w := m.some(func(w *modelWorker) bool { return isReady(w) && len(w.calls) > 0 }); w != nil {
			if w.occupied = !w.occupied; w.occupied {
				m.s.Occupy(&w.sched)
			} else {
				m.s.Free(&w.sched)
			}
		}
	case "pin":
		if w := m.some(isReady); w != nil {
			if w.pinned = !w.pinned; w.pinned {
				m.s.Pin(&w.sched)
			} else {
				m.s.Unpin(&w.sched)
			}
		}
	case "retire":
		if w := m.some(func(w *modelWorker) bool { return isReady(w) && len(w.calls) > 0 }); w != nil {
			w.retiring = true
			m.s.Retire(&w.sched)
		}
	case "resize":
		m.cfg.Workers = rapid.IntRange(1, 5).Draw(m.T, "workers")
		m.s.Resize(m.cfg.Workers)
	case "want":
		m.s.Want(m.cfg.Workers)
	case "unhold":
		m.held = false
		m.s.Unhold()
	case "expire":
		m.expired = m.now - 1500
		m.s.Expire(m.expired)
	case "close":
		m.closing = true
		m.s.Close()
	case "break":
		m.closing, m.broken = true, true
		for _, c := range m.s.Break() {
			m.leave(c.Of)
		}
		require.Empty(m, m.waiting())
	}
	m.event()
}

// Random events, against a reference that knows where each call and worker is and
// checks every decision, and what must hold when there is nothing more to do. In the
// end everything is finished, and nothing may be left.
func TestSchedulerAgainstAModel(t *testing.T) {
	common := []string{"submit", "submit", "submit", "land", "land", "ready"}
	rare := []string{"drop", "cancel", "take back", "late", "overlook", "occupy", "pin", "retire", "resize", "want", "unhold", "expire", "die"}
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{
			Workers:    rapid.IntRange(1, 4).Draw(rt, "workers"),
			Prefetch:   rapid.SampledFrom([]int{-1, 1, 4}).Draw(rt, "prefetch"),
			Window:     4,
			MaxTasks:   rapid.SampledFrom([]int{0, 0, 3}).Draw(rt, "max tasks"),
			MaxPending: rapid.SampledFrom([]int{0, 0, 2}).Draw(rt, "max pending"),
		}
		m := &model{T: rt, s: New[modelCall, modelWorker](cfg), cfg: cfg, now: 1, costs: []*Costs{new(Costs), new(Costs), {run: 700, known: true}, {run: 300_000, known: true}}}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			from := common
			if rapid.IntRange(0, 2).Draw(rt, "rare") == 0 {
				from = rare
			}
			m.step(rapid.SampledFrom(from).Draw(rt, "step"))
		}
		m.step(rapid.SampledFrom([]string{"close", "close", "break"}).Draw(rt, "end"))
		m.finish()
	})
}

// finish lets all come to its end: what is held up goes on, every worker finishes what
// it has and exits when it is told to.
func (m *model) finish() {
	for rounds := 0; !m.s.Settled(); rounds++ {
		require.Less(m, rounds, 1000, "it comes to no end")
		m.held = false
		m.s.Unhold()
		for _, w := range slices.Clone(m.workers) {
			if w.state == coming {
				w.state = ready
				m.s.Ready(&w.sched)
			}
			if w.occupied {
				w.occupied = false
				m.s.Free(&w.sched)
			}
			if w.pinned {
				w.pinned = false
				m.s.Unpin(&w.sched)
			}
			m.event()
			for len(w.calls) > 0 {
				c := w.calls[0]
				_, err := m.s.Landed(&w.sched, w.sched.Head().ID)
				require.NoError(m, err)
				w.calls, w.finished = w.calls[1:], w.finished+1
				m.leave(c)
				m.event()
			}
			if w.state == leaving {
				w.state = gone
				for _, f := range m.s.Dead(&w.sched) {
					require.Nil(m, f.Call)
				}
				m.s.Gone(&w.sched)
				m.workers = slices.DeleteFunc(m.workers, func(o *modelWorker) bool { return o == w })
			}
			m.event()
		}
		m.event()
	}
	for _, c := range m.calls {
		require.Equal(m, 1, c.left, "every accepted call leaves exactly once")
	}
}
