package natsexec

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// A queue is the part of the calls that has one priority: a consumer of the stream.
type queue struct {
	priority int
	name     string // of the consumer
	to       string // what comes for it has subjects that begin with inboxPrefix and this
	sub      *nats.Subscription
	taken    []*held // of the messages that came together; for its handler only

	// Guarded by the node's mutex.
	asked   int       // calls for which requests wait on the server
	last    time.Time // when one was sent or answered
	retryAt time.Time // not before
}

const (
	pullExpires = 30 * time.Second // of a request that waits
	pullRetry   = time.Second      // after an error
	maxQueues   = 256              // priorities in use
)

// addQueue makes the consumer of a priority, if it is not there, and asks it for calls.
func (n *Node) addQueue(ctx context.Context, priority int) error {
	n.mu.Lock()
	known := slices.ContainsFunc(n.queues, func(q *queue) bool { return q.priority == priority })
	full := len(n.queues) >= maxQueues
	n.mu.Unlock()
	if known || full {
		return nil
	}
	q := &queue{priority: priority, name: n.cfg.Build + "_" + strconv.Itoa(priority), to: nuid.Next()}
	if err := n.makeConsumer(ctx, q); err != nil {
		return err
	}
	var err error
	if q.sub, err = n.nc.Subscribe(inboxPrefix+q.to+".*", func(m *nats.Msg) { n.onMail(q, m) }); err != nil {
		return fmt.Errorf("natsexec: cannot subscribe: %w", err)
	}
	_ = q.sub.SetPendingLimits(-1, -1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopping || slices.ContainsFunc(n.queues, func(q *queue) bool { return q.priority == priority }) {
		q.close()
		return nil
	}
	n.queues = append(n.queues, q)
	slices.SortFunc(n.queues, func(a, b *queue) int { return compare(b.priority, a.priority) })
	n.probing = -1
	n.askLocked()
	return nil
}

func compare(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (n *Node) makeConsumer(ctx context.Context, q *queue) error {
	_, err := n.calls.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: q.name, FilterSubject: n.cfg.callSubject(q.priority), AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: n.cfg.LostAfter, MaxDeliver: -1, MaxAckPending: 1 << 16, MaxWaiting: 1 << 14,
		InactiveThreshold: consumerTTL,
	})
	if err != nil {
		return fmt.Errorf("natsexec: cannot make the consumer for priority %d of queue %q: %w", q.priority, n.cfg.Name, err)
	}
	return nil
}

// consumerTTL is when consumers of builds go that no node has any more. Their calls stay.
const consumerTTL = 24 * time.Hour

// findQueues looks for priorities of which calls wait.
func (n *Node) findQueues(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pullExpires)
	defer cancel()
	info, err := n.calls.Info(ctx, jetstream.WithSubjectFilter(n.cfg.subject("call."+n.cfg.Build+".*")))
	if err != nil {
		return // the next one may do
	}
	for subject := range info.State.Subjects {
		n.tryQueue(ctx, subject[strings.LastIndexByte(subject, '.')+1:])
	}
}

// onPriority hears of a priority that has not been in use.
func (n *Node) onPriority(m *nats.Msg) {
	priority := string(m.Data)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopping {
		return // wind may wait for the watchers already
	}
	n.watcher.Go(func() {
		ctx, cancel := n.untilStop()
		defer cancel()
		ctx, cancel = context.WithTimeout(ctx, pullExpires)
		defer cancel()
		n.tryQueue(ctx, priority)
	})
}

// tryQueue adds the queue of a priority. That a node which takes no more calls cannot do
// so is no trouble.
func (n *Node) tryQueue(ctx context.Context, priority string) {
	number, err := strconv.Atoi(priority)
	if err == nil && strconv.Itoa(number) == priority {
		err = n.addQueue(ctx, number)
	}
	n.mu.Lock()
	stopping := n.stopping
	n.mu.Unlock()
	if err != nil && !stopping {
		n.cfg.Logger.Warn("natsexec: a priority cannot be served", "priority", priority, "error", err)
	}
}

func (q *queue) close() { _ = q.sub.Unsubscribe() }

// askLocked asks for as many calls as there are free slots. If there are several
// priorities it asks one after the other, the highest first, and lets a request wait at
// each only if all are empty.
func (n *Node) askLocked() {
	free := n.roomLocked()
	if n.stopping || free <= 0 || len(n.queues) == 0 {
		return
	}
	now := time.Now()
	if len(n.queues) == 1 {
		q := n.queues[0]
		if calls := free - q.asked; calls > 0 && !now.Before(q.retryAt) && n.urgentLocked(calls, q) {
			n.pullLocked(q, calls, false, now)
		}
		return
	}
	if n.probing < 0 {
		n.probeLocked(0, now)
	}
}

// probeLocked asks the queues from the one with that index on.
func (n *Node) probeLocked(at int, now time.Time) {
	for ; at < len(n.queues); at++ {
		if !now.Before(n.queues[at].retryAt) {
			n.probing = at
			n.pullLocked(n.queues[at], 1, true, now)
			return
		}
	}
	n.probing = -1
	for _, q := range n.queues {
		if q.asked == 0 && !now.Before(q.retryAt) {
			n.pullLocked(q, 1, false, now)
		}
	}
}

// urgentLocked reports whether calls have to be asked for now: while they are short, and
// enough are here or on their way, the request waits until it is one for several.
func (n *Node) urgentLocked(calls int, q *queue) bool {
	return !n.short || calls > n.ahead/4 || n.busy+q.asked < n.slots
}

// A pullRequest asks a consumer for calls.
type pullRequest struct {
	Batch   int           `json:"batch"`
	Expires time.Duration `json:"expires,omitempty"`
	NoWait  bool          `json:"no_wait,omitempty"`
}

func (n *Node) pullLocked(q *queue, calls int, noWait bool, now time.Time) {
	r := pullRequest{Batch: calls, NoWait: noWait}
	if !noWait {
		r.Expires = pullExpires
	}
	q.asked += calls
	q.last = now
	b := must(json.Marshal(r))
	// An error is that of a closed connection, or of one that was away for too long.
	_ = n.nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+n.cfg.callsStream()+"."+q.name, inboxPrefix+q.to+".call", b)
}

// What comes for a queue is one subscription, because a grant has to be seen before its call.
const (
	inboxPrefix = "_INBOX."
	grantSuffix = ".grant"
)

func (n *Node) onMail(q *queue, m *nats.Msg) {
	if strings.HasSuffix(m.Subject, grantSuffix) {
		n.onGrant(m)
		return
	}
	n.onPulled(q, m)
}

// onPulled takes the answer to a request: a call, or why there is none.
func (n *Node) onPulled(q *queue, m *nats.Msg) {
	if m.Header != nil && len(m.Data) == 0 && m.Header.Get("Status") != "" {
		n.noCall(q, m.Header)
	} else if h, limit, granted := n.takeFrom(q, m); granted {
		n.ackLater([]*held{h})
		n.run(h, limit)
	} else if h != nil {
		q.taken = append(q.taken, h)
	}
	// Those that have come together are claimed together.
	if waiting, _, _ := q.sub.Pending(); len(q.taken) > 0 && (waiting <= 1 || len(q.taken) >= maxClaims) {
		taken := q.taken
		q.taken = nil
		n.claim(taken)
	}
}

// takeFrom takes a call that came from a queue, if there is room. One that was granted may run
// at once.
func (n *Node) takeFrom(q *queue, m *nats.Msg) (h *held, limit time.Duration, granted bool) {
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	q.asked = max(q.asked-1, 0)
	q.last = now
	if n.probing >= 0 && n.queues[n.probing] == q {
		n.probing = -1
	}
	h = n.takeLocked(m)
	if h != nil {
		if limit, granted = n.useGrantLocked(h); granted {
			h.state = heldRunning
		}
	}
	n.askLocked()
	return h, limit, granted
}

// noCall takes the end of a request: to how many calls it was not answered.
func (n *Node) noCall(q *queue, header nats.Header) {
	status := header.Get("Status")
	missing := 1
	if k, err := strconv.Atoi(header.Get("Nats-Pending-Messages")); err == nil && k > 0 {
		missing = k
	}
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	q.last = now
	switch status {
	case "100": // still there
		return
	case "404": // nothing waits
		q.asked = max(q.asked-missing, 0)
		if n.probing >= 0 && n.queues[n.probing] == q {
			n.probeLocked(n.probing+1, now)
			return
		}
	case "408": // nothing came
		q.asked = max(q.asked-missing, 0)
	default: // the consumer is gone, or there is no server for it
		q.asked = 0
		q.retryAt = now.Add(pullRetry)
		if n.probing >= 0 && n.queues[n.probing] == q {
			n.probing = -1
		}
		return
	}
	n.askLocked()
}

// lookAfterQueues asks again where the server has forgotten the requests, and makes
// consumers again that are gone.
func (n *Node) lookAfterQueues(ctx context.Context, now time.Time) {
	n.mu.Lock()
	var gone []*queue
	for _, q := range n.queues {
		if q.asked > 0 && now.Sub(q.last) > pullExpires+5*time.Second {
			q.asked, n.probing = 0, -1
		}
		if !q.retryAt.IsZero() && now.After(q.retryAt) {
			q.retryAt = time.Time{}
			gone = append(gone, q)
		}
	}
	n.mu.Unlock()
	for _, q := range gone {
		ctx, cancel := context.WithTimeout(ctx, pullExpires)
		_, err := n.setUp(ctx) // the queue may be gone too
		if err == nil {
			err = n.makeConsumer(ctx, q)
		}
		cancel()
		if err != nil {
			n.mu.Lock()
			q.retryAt = now.Add(pullRetry)
			n.mu.Unlock()
		}
	}
	n.mu.Lock()
	n.askLocked()
	n.mu.Unlock()
}
