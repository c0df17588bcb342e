package natsexec

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A Pool is an executor whose workers are on other machines: it queues calls of
// registered functions on a NATS server, from where nodes take them; see [Serve]. It
// is made by [New].
type Pool struct {
	*link
	id   string // of this submitter
	subs []*nats.Subscription

	claims   *mailbox // decides which node may run a call
	results  *mailbox // settles futures
	receipts receipts
	stop     chan struct{}
	watcher  sync.WaitGroup
	closing  sync.Once
	remove   func() // from what executor.CloseAll closes

	mu     sync.Mutex // guards what follows
	last   uint64
	active map[string]*call // accepted and not settled
	queued int              // of them, those that no node has
	nodes  map[string]*node // that have calls of ours, by id
	room   roomQueue
	full   bool // the server has no room
	closed bool
	drained,
	done chan struct{} // closed when nothing is active any more; when everything is closed
	grace     time.Time // until when the silence of nodes means nothing
	away      bool      // the connection was lost, and what was published may be
	resend    []*call   // to be published again
	lastTry   time.Time // of that
	meter     meter
	calledOff map[string]bool // ids of calls that may still get to the server
	hinted    map[int]bool    // priorities that nodes were told of
	claimed   time.Time       // when a node claimed a call last
	warned    time.Time       // when the log was told that there is no node

	offers    map[string]*offer // of nodes, by id
	collected time.Time         // when durable calls were looked after last
}

// A node is what a submitter knows of one that has calls of it.
type node struct {
	id, name string
	to       string // where it is given calls; empty if none was granted
	seen     time.Time
	silent   time.Duration // since then, as this process could have heard it
	calls    map[string]*call
}

// A call is one that was accepted.
type call struct {
	job      *executor.Job
	id       string
	function string
	subject  string
	arg      []byte
	durable  bool
	stored   *future.Promise[executor.None] // of a durable call: when the server has it
	timeout  time.Duration                  // of a durable call
	object   string                         // where a large argument is

	// Guarded by the pool's mutex.
	state    callState
	attempt  int    // counts deliveries, of which only the last one counts
	deaths   int    // of nodes and workers, while they ran it
	seq      uint64 // in the stream; 0 if not known
	node     *node
	began    time.Time // the first time
	claimed  time.Time // the last time
	missing  int       // how many signs of life of its node did not name it
	granted  bool      // and nothing was heard of it since; see pool_grant.go
	canceled error     // why, if it was asked for while it ran
	overdue  error     // why, if its deadline passed while it ran
}

type callState uint8

const (
	callQueued callState = iota
	callStarting
	callRunning
	callSettling
)

// New returns a pool that is connected to its queue, which it makes if it is not there.
// It stands for ProcessPoolExecutor() where one machine is not enough. Every pool must
// be shut down once.
//
// It blocks until it is connected. A field of cfg that makes no sense is an
// [*executor.ConfigError]. The calls of a pool wait until nodes of the same Name and
// Build come; see [Serve].
func New(cfg Config) (*Pool, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	p := &Pool{
		link: &link{cfg: cfg}, id: nuid.Next(), active: map[string]*call{}, nodes: map[string]*node{}, hinted: map[int]bool{0: true}, calledOff: map[string]bool{}, offers: map[string]*offer{},
		receipts: receipts{byNode: map[string]*receipt{}},
		stop:     make(chan struct{}), drained: make(chan struct{}), done: make(chan struct{}),
	}
	err := p.connect(p.reconnected,
		jetstream.WithPublishAsyncMaxPending(maxUnacked), jetstream.WithPublishAsyncTimeout(publishTimeout),
		jetstream.WithPublishAsyncAckHandler(p.published), jetstream.WithPublishAsyncErrHandler(p.notPublished))
	if err != nil {
		return nil, err
	}
	p.claims, p.results = newMailbox(cfg.Logger), newMailbox(cfg.Logger)
	for subject, handler := range map[string]nats.MsgHandler{
		"claim." + p.id: p.onClaim, "beat." + p.id: p.onBeat, "result." + p.id: p.onResults, "ungranted." + p.id + ".*": p.onUngranted,
	} {
		s, err := p.nc.Subscribe(p.cfg.subject(subject), handler)
		if err == nil {
			err = s.SetPendingLimits(-1, -1)
			p.subs = append(p.subs, s)
		}
		if err != nil {
			p.wind()
			return nil, fmt.Errorf("natsexec: cannot subscribe: %w", err)
		}
	}
	p.remove = executor.Track(p)
	p.watcher.Go(p.watch)
	return p, nil
}

// URL returns where nodes connect to: Config.URL, or that of the server that New has
// started, which contains its secret.
func (p *Pool) URL() string {
	if p.server != nil {
		return p.server.URL()
	}
	return p.cfg.URL
}

// Name returns the name of the queue.
func (p *Pool) Name() string { return p.cfg.Name }

// NeedsEncoding reports true: calls leave the process. It implements executor.Encoder.
func (*Pool) NeedsEncoding() bool { return true }

// ErrSharedMemory is the error of a call whose argument contains a handle of shared
// memory, which works on one machine only.
var ErrSharedMemory = executor.RegisterError("natsexec.ErrSharedMemory",
	errors.New("natsexec: shared memory cannot leave its machine: pass the value itself, or use a ProcessPool"))

// Execute accepts a job; see executor.Executor. It waits for room, not for a node, and
// for the server only if the pool is durable: then the call outlives the program from
// the moment at which Execute has returned. A closure is refused with executor.ErrClosure, and a handle of
// shared memory with [ErrSharedMemory]. A job must not be executed twice.
func (p *Pool) Execute(ctx context.Context, job *executor.Job) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	function, arg, err := job.Encode()
	if err != nil {
		return err
	}
	if job.SharesMemory() {
		return fmt.Errorf("%w: argument of %q", ErrSharedMemory, function)
	}
	if len(function) > maxName {
		return fmt.Errorf("natsexec: the name of a function has %d bytes, the limit is %d", len(function), maxName)
	}
	c := &call{job: job, function: function, subject: p.cfg.callSubject(job.Priority()), arg: arg, attempt: 1}
	if p.cfg.Durable {
		if err := p.makeDurable(ctx, c); err != nil {
			return err
		}
	}
	if err := p.admit(ctx, c); err != nil {
		return err
	}
	job.OnCancel(func(cause error) { p.onCancel(c, cause) })
	if len(arg) > maxInline {
		go p.publishLarge(c)
	} else {
		p.grant(c)
		p.publish(c)
	}
	if c.durable {
		return p.awaitStored(ctx, c)
	}
	return nil
}

// admitLocked makes c one of the accepted calls.
func (p *Pool) admitLocked(c *call) {
	if !c.durable {
		p.last++
		c.id = strconv.FormatUint(p.last, 36)
	}
	p.active[c.id] = c
	p.queued++
}

// forget takes out a call that is settled.
func (p *Pool) forget(c *call) {
	p.mu.Lock()
	if p.active[c.id] != c {
		p.mu.Unlock()
		return
	}
	delete(p.active, c.id)
	if c.state == callQueued {
		p.queued--
	} else if c.node != nil {
		c.node.drop(c, p)
	}
	seq, object := c.seq, c.object
	inQueue := c.state == callQueued && seq != 0
	if c.state == callQueued && seq == 0 {
		p.calledOff[c.id] = true // it may be on its way
	}
	c.state = callSettling
	wake := p.admitWaitersLocked()
	p.checkDrainedLocked()
	p.mu.Unlock()
	wake()
	if inQueue {
		p.withdraw(seq)
	}
	if object != "" && !c.durable {
		go p.dropBlob(object)
	}
}

func (n *node) drop(c *call, p *Pool) {
	delete(n.calls, c.id)
	c.node = nil
	if len(n.calls) == 0 && p.nodes[n.id] == n {
		delete(p.nodes, n.id)
	}
}

func (p *Pool) checkDrainedLocked() {
	if p.closed && len(p.active) == 0 {
		select {
		case <-p.drained:
		default:
			close(p.drained)
		}
	}
}

// onCancel is the hook of a job: it was called off while it was queued, or is to end.
func (p *Pool) onCancel(c *call, cause error) {
	p.mu.Lock()
	switch {
	case p.active[c.id] != c || c.state == callSettling:
		p.mu.Unlock()
		return
	case c.state == callStarting: // the claim looks
		c.canceled = cause
		p.mu.Unlock()
		return
	case c.state == callQueued && c.began.IsZero():
		p.meter.canceled++
		p.mu.Unlock()
		if c.durable {
			go p.revoke(c, cause)
		}
		p.forget(c)
		return
	case c.state == callQueued: // it was lost, and waits to be tried again
		c.state = callSettling
		p.queued--
		c.canceled = cause
		p.mu.Unlock()
		p.results.post(func() { p.settle(c, func() { c.job.Fail(p.counted(c, cause)) }) })
		return
	case errors.Is(cause, context.DeadlineExceeded):
		c.overdue = cause
		p.mu.Unlock() // the node has a timer of its own
		return
	}
	c.canceled = cause
	n := c.node
	msg := &cancelMsg{From: p.id, Call: ref{c.id, c.attempt}}
	p.mu.Unlock()
	msg.Cause = executor.EncodeRemoteError(cause)
	_ = p.nc.Publish(p.cfg.subject("node."+n.id), encode(msg)) // the beat says it again
}

// Garbage returns how many messages were dropped that could not be read. They come from
// programs that do not belong to the queue.
func (p *Pool) Garbage() uint64 { return p.trash.Load() }
