package natsexec

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A day of timers, in the time of a bubble: what the other tests cannot wait for. The watch
// of the pool and that of the node are the real ones; what is missing is the network.

const day = 24 * time.Hour

func timed(t *testing.T) *link {
	t.Helper()
	cfg := Config{Build: "b", Logger: slog.New(slog.DiscardHandler)}
	require.NoError(t, cfg.complete())
	return &link{cfg: cfg, connected: func() bool { return true }}
}

// A catcher is an executor that does nothing with its job.
type catcher struct{ job *executor.Job }

func (*catcher) Shutdown(context.Context) error { return nil }

func (c *catcher) Execute(_ context.Context, job *executor.Job) error {
	c.job = job
	job.Start()
	return nil
}

// runningCall is a call that a node has claimed.
func runningCall(t *testing.T, p *Pool, n *node, id string) (*call, *future.Future[int]) {
	t.Helper()
	var c catcher
	f, err := executor.Submit(context.Background(), &c, executor.Func(func(context.Context) (int, error) { return 0, nil }))
	require.NoError(t, err)
	running := &call{job: c.job, id: id, attempt: 1, state: callRunning, node: n, began: time.Now(), claimed: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active[id], n.calls[id], p.nodes[n.id] = running, running, n
	n.heard(time.Now())
	return running, f
}

func TestADayOfTheWatchOfAPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Pool{link: timed(t), active: map[string]*call{}, nodes: map[string]*node{}, stop: make(chan struct{})}
		p.results = newMailbox(p.cfg.Logger)
		p.watcher.Go(p.watch)
		defer func() {
			close(p.stop)
			p.watcher.Wait()
			p.results.close()
		}()
		n := &node{id: "n", name: "one", calls: map[string]*call{}}
		c, f := runningCall(t, p, n, "a")
		beat := func() {
			p.onBeat(&nats.Msg{Data: encode(&beatMsg{Node: "n", Name: "one", Calls: []ref{{c.id, c.attempt}}})})
		}

		// It beats, and at times with a gap that is as long as it may be.
		began := time.Now()
		for i := 0; time.Since(began) < day; i++ {
			gap := p.cfg.beat()
			if i%100 == 99 {
				gap = p.cfg.LostAfter - p.cfg.beat()/2
			}
			<-time.After(gap)
			beat()
		}
		synctest.Wait()
		require.False(t, f.IsDone(), "a node that beats is not lost in a day")

		// Then it falls silent.
		silent := time.Now()
		<-f.Done()
		require.GreaterOrEqual(t, time.Since(silent), p.cfg.LostAfter-p.cfg.beat())
		require.Less(t, time.Since(silent), p.cfg.LostAfter+p.cfg.beat())
		_, err := f.Result()
		var crash *executor.CrashError
		require.ErrorAs(t, err, &crash)
		require.Equal(t, "one", crash.Node)

		// One that beats and does not name its call has lost it.
		c, f = runningCall(t, p, n, "b")
		forgot := time.Now()
		for !f.IsDone() {
			<-time.After(p.cfg.beat())
			p.onBeat(&nats.Msg{Data: encode(&beatMsg{Node: "n", Name: "one"})})
			synctest.Wait()
		}
		require.Less(t, time.Since(forgot), 2*time.Second)
		_, err = f.Result()
		require.ErrorContains(t, err, "does not have the call any more")
	})
}

func TestAWatchThatWasStoppedTakesNoNodeForLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &Pool{link: timed(t), active: map[string]*call{}, nodes: map[string]*node{}, stop: make(chan struct{})}
		n := &node{id: "n", name: "one", calls: map[string]*call{}}
		_, f := runningCall(t, p, n, "a")
		last := time.Now()
		for range 1000 { // stopped for a day, then it hears the node at once
			<-time.After(day)
			p.lookAfter(time.Now(), p.listened(last, time.Now()))
			last = time.Now()
			n.heard(last)
		}
		require.False(t, f.IsDone())
		require.Less(t, p.listened(last, last.Add(day)), p.cfg.LostAfter/2)
		require.Equal(t, time.Millisecond, p.listened(last, last.Add(time.Millisecond)))
	})
}

func TestADayOfTheWatchOfANode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Node{link: timed(t), out: newOutbox(), held: map[key]*held{}, questions: map[string]*question{}, submitters: map[string]*submitter{}, empty: make(chan struct{})}
		k := key{"s", ref{"a", 1}}
		h := &held{key: k, call: new(callMsg), msg: new(nats.Msg), state: heldFinished, result: &resultMsg{Node: "n", Call: k.ref, Kind: kindResult}}
		n.held[k] = h
		heard := func() { n.onBeatAnswer(&nats.Msg{Subject: "inbox.beat.s", Data: encode(&beatAnswer{})}) }

		// A submitter that answers, and loses every result.
		began, resent, sent := time.Now(), 0, time.Time{}
		for time.Since(began) < day {
			<-time.After(n.cfg.beat())
			heard()
			n.lookAfterCalls(time.Now())
			if h.sent != sent {
				resent, sent = resent+1, h.sent
			}
		}
		require.InDelta(t, day/resendAfter, resent, float64(day/resendAfter)/100, "a result is sent again each second")
		require.Contains(t, n.held, k, "until it was taken")

		// It is gone: the call is an orphan.
		silent := time.Now()
		for n.held[k] != nil {
			<-time.After(n.cfg.beat())
			n.lookAfterCalls(time.Now())
		}
		require.InDelta(t, n.cfg.OrphanAfter, time.Since(silent), float64(2*n.cfg.beat()))

		// Questions whose answers were lost are forgotten.
		n.questions["q"] = &question{from: "s", asked: time.Now()}
		<-time.After(2 * resendAfter)
		n.lookAfterCalls(time.Now())
		require.Contains(t, n.questions, "q")
		<-time.After(n.cfg.beat())
		n.lookAfterCalls(time.Now())
		require.Empty(t, n.questions)
	})
}
