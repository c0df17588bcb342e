//go:build linux

package natsexec

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

const grantPatience = 30 * time.Second

var grantRuns = executor.Register("t.grantRuns", func(_ context.Context, x int) (int, error) { return x + 1, nil })

// grantPool returns a pool with a server of its own, and a connection to that.
func grantPool(t *testing.T) (*Pool, *nats.Conn) {
	t.Helper()
	p, err := New(Config{Server: ServerConfig{Dir: t.TempDir()}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	nc, err := nats.Connect(p.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return p, nc
}

func grantNode(t *testing.T, p *Pool) *Node {
	t.Helper()
	n, err := NewNode(t.Context(), NodeConfig{Config: Config{URL: p.URL()}, Pool: executor.ProcessConfig{Workers: 1, Env: []string{"GORACE=atexit_sleep_ms=0"}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Shutdown(context.Background())) })
	return n
}

// mail is what comes on a subject.
func mail(t *testing.T, nc *nats.Conn, subject string) chan *nats.Msg {
	t.Helper()
	c := make(chan *nats.Msg, 1000)
	_, err := nc.ChanSubscribe(subject, c)
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	return c
}

// next reads what came.
func next[M message](t *testing.T, c chan *nats.Msg, m M) M {
	t.Helper()
	select {
	case got := <-c:
		require.NoError(t, decode(got.Data, m))
	case <-time.After(grantPatience):
		t.Fatalf("no %T came", m)
	}
	return m
}

// A handNode is a node that the test plays by hand.
type handNode struct {
	t      *testing.T
	p      *Pool
	nc     *nats.Conn
	grants chan *nats.Msg
}

func handNodeOf(t *testing.T, p *Pool, nc *nats.Conn) *handNode {
	t.Helper()
	return &handNode{t, p, nc, mail(t, nc, inboxPrefix+"hand"+grantSuffix)}
}

func (h *handNode) say(kind int, call ref, spare int) {
	h.t.Helper()
	m := &resultsMsg{Calls: []*resultMsg{{Node: "hand", Call: call, Kind: kind}}, Spare: spare, Name: "by hand", To: "hand"}
	require.NoError(h.t, h.nc.Publish(h.p.cfg.subject("result."+h.p.id), encode(m)))
	require.NoError(h.t, h.nc.Flush())
}

// submitGranted submits a call that is granted to the node "hand". An offer is for a moment,
// so on a busy machine it may take several.
func submitGranted(t *testing.T, ctx context.Context, p *Pool, offer func()) *future.Future[int] {
	t.Helper()
	for deadline := time.Now().Add(grantPatience); time.Now().Before(deadline); {
		offer()
		for offered := false; !offered; {
			p.mu.Lock()
			offered = p.offers["hand"] != nil
			p.mu.Unlock()
		}
		f, err := executor.Submit(ctx, p, grantRuns.Bind(41))
		require.NoError(t, err)
		if f.Running() {
			return f
		}
		f.Cancel()
		_, _ = getGranted(t, f)
	}
	t.Fatal("no call was granted")
	return nil
}

func getGranted(t *testing.T, f *future.Future[int]) (int, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), grantPatience)
	defer cancel()
	v, err := f.Await(ctx)
	require.NoError(t, ctx.Err())
	return v, err
}

func TestACallThatIsGrantedIsNotClaimed(t *testing.T) {
	p, nc := grantPool(t)
	n := grantNode(t, p)
	claims, grants := mail(t, nc, p.cfg.subject("claim."+p.id)), mail(t, nc, inboxPrefix+n.queues[0].to+grantSuffix)
	calls := 0
	for deadline := time.Now().Add(grantPatience); len(grants) < 20 && time.Now().Before(deadline); calls++ {
		v, err := executor.Run(t.Context(), p, grantRuns.Bind(calls))
		require.NoError(t, err)
		require.Equal(t, calls+1, v)
	}
	require.GreaterOrEqual(t, len(grants), 20)
	require.Less(t, len(claims), calls, "some were not claimed")
	require.EqualValues(t, calls, n.Stats().Completed, "each ran once")
}

func TestAGrantedCallThatAnotherNodeGets(t *testing.T) {
	p, nc := grantPool(t)
	hand, other := handNodeOf(t, p, nc), grantNode(t, p)
	before := uint64(0) // calls that were not granted, if any
	f := submitGranted(t, t.Context(), p, func() {
		before = other.Stats().Completed
		hand.say(kindReturned, ref{"none", 1}, 1)
	})
	g := next(t, hand.grants, new(grantMsg))
	require.False(t, g.Back)
	for !g.Back { // until then the other node has claimed it, or some time has passed
		g = next(t, hand.grants, new(grantMsg))
	}
	require.True(t, f.Running())
	require.Equal(t, before, other.Stats().Completed, "it is this node's until it says otherwise")
	hand.say(kindReturned, g.Call, 0)
	v, err := getGranted(t, f)
	require.NoError(t, err)
	require.Equal(t, 42, v)
	hand.say(kindReturned, g.Call, 0) // twice does nothing
	v, err = executor.Run(t.Context(), p, grantRuns.Bind(1))
	require.NoError(t, err)
	require.Equal(t, 2, v)
	require.Equal(t, before+2, other.Stats().Completed)
}

func TestAGrantToANodeThatIsGone(t *testing.T) {
	p, nc := grantPool(t)
	hand := &handNode{t: t, p: p, nc: nc} // it does not listen
	other := grantNode(t, p)
	before := uint64(0)
	f := submitGranted(t, t.Context(), p, func() {
		before = other.Stats().Completed
		hand.say(kindReturned, ref{"none", 1}, 1)
	})
	v, err := getGranted(t, f)
	require.NoError(t, err, "no node was lost with it")
	require.Equal(t, 42, v)
	require.Equal(t, before+1, other.Stats().Completed)
}

func TestAGrantedCallIsCanceled(t *testing.T) {
	p, nc := grantPool(t)
	hand := handNodeOf(t, p, nc)
	cancels := mail(t, nc, p.cfg.subject("node.hand"))
	f := submitGranted(t, t.Context(), p, func() { hand.say(kindReturned, ref{"none", 1}, 1) })
	f.Cancel()
	m := next(t, cancels, new(cancelMsg))
	hand.say(kindReturned, m.Call, 0)
	_, err := getGranted(t, f)
	require.Error(t, err)
	require.True(t, f.Canceled())
}

// While it was granted its deadline was the node's affair. When it is back there may be no
// node, and the deadline holds all the same.
func TestTheDeadlineOfAGrantedCallHoldsWithoutANode(t *testing.T) {
	p, nc := grantPool(t)
	hand := handNodeOf(t, p, nc)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	f := submitGranted(t, ctx, p, func() { hand.say(kindReturned, ref{"none", 1}, 1) })
	<-ctx.Done()
	var back ref
	p.mu.Lock()
	for _, c := range p.active {
		back = ref{c.id, c.attempt}
	}
	p.mu.Unlock()
	overdue := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		c := p.active[back.ID]
		return c == nil || c.overdue != nil
	}
	require.Eventually(t, overdue, grantPatience, time.Millisecond)
	hand.say(kindReturned, back, 0)
	_, err := getGranted(t, f)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A node keeps what it was granted for a moment, and never takes what it has refused.
func TestANodeAndItsGrants(t *testing.T) {
	p, nc := grantPool(t)
	n := grantNode(t, p)
	results, claims := mail(t, nc, p.cfg.subject("result.sub")), make(chan *nats.Msg, 100)
	var wanted atomic.Bool
	_, err := nc.Subscribe(p.cfg.subject("claim.sub"), func(m *nats.Msg) {
		claims <- m
		_ = m.Respond(encode(&verdictMsg{[]verdict{{Run: wanted.Load()}}}))
	})
	require.NoError(t, err)
	require.NoError(t, nc.Flush())
	var c catcher
	_, err = executor.Submit(t.Context(), &c, grantRuns.Bind(41))
	require.NoError(t, err)
	_, arg, err := c.job.Encode()
	require.NoError(t, err)
	say := func(g *grantMsg) {
		require.NoError(t, nc.Publish(inboxPrefix+n.queues[0].to+grantSuffix, encode(g)))
		require.NoError(t, nc.Flush())
	}
	grants := func(k key) func() bool {
		return func() bool {
			n.mu.Lock()
			defer n.mu.Unlock()
			_, ok := n.grants[k]
			return ok
		}
	}
	queue := func(r ref) {
		b := encode(&callMsg{From: "sub", ID: r.ID, Attempt: r.Attempt, Function: "t.grantRuns", Arg: arg})
		_, err := p.js.Publish(t.Context(), p.cfg.callSubject(0), b)
		require.NoError(t, err)
	}
	answer := func() *resultMsg { return next(t, results, new(resultsMsg)).Calls[0] }

	a := ref{"a", 1}
	say(&grantMsg{From: "sub", Call: a})
	require.Eventually(t, grants(key{"sub", a}), grantPatience, time.Millisecond)
	queue(a)
	r := answer()
	require.Equal(t, kindResult, r.Kind)
	require.Equal(t, a, r.Call)
	require.Empty(t, claims, "it was granted")
	require.False(t, grants(key{"sub", a})(), "and is no more")
	require.NoError(t, nc.Publish(n.inbox+".taken.sub", encode(&takenMsg{[]ref{a}})))

	b := ref{"b", 1}
	say(&grantMsg{From: "sub", Call: b, Back: true})
	r = answer()
	require.Equal(t, kindReturned, r.Kind)
	require.Equal(t, b, r.Call)
	say(&grantMsg{From: "sub", Call: b}) // which has come by another way, late
	say(&grantMsg{From: "sub", Call: ref{"c", 1}})
	require.Eventually(t, grants(key{"sub", ref{"c", 1}}), grantPatience, time.Millisecond)
	require.False(t, grants(key{"sub", b})())
	queue(b)
	<-claims // to which the answer is no

	wanted.Store(true)
	require.Eventually(t, func() bool { return !grants(key{"sub", ref{"c", 1}})() }, grantPatience, time.Millisecond, "it is forgotten")
	queue(ref{"c", 1})
	<-claims // it is too late for the grant
	require.Equal(t, kindResult, answer().Kind)
	require.NoError(t, nc.Publish(n.inbox+".taken.sub", encode(&takenMsg{[]ref{{"c", 1}}})))

	say(&grantMsg{From: "sub", Call: ref{"d", 1}})
	require.Eventually(t, grants(key{"sub", ref{"d", 1}}), grantPatience, time.Millisecond)
	require.NoError(t, n.Shutdown(t.Context()))
	r = answer()
	require.Equal(t, kindReturned, r.Kind, "a node that stops says at once what it will not run")
	require.Equal(t, "d", r.Call.ID)
}
