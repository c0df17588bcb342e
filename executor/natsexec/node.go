package natsexec

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A Node takes calls from a queue and runs them in a local ProcessPool: a call can be
// ended when it is canceled or overdue, and a crash fails one call. It is made by
// [NewNode]; [Serve] is shorter.
type Node struct {
	*link
	id    string
	name  string
	pool  *executor.ProcessPool
	inbox string
	subs  []*nats.Subscription

	out     *outbox
	stop    chan struct{}
	watcher sync.WaitGroup

	mu         sync.Mutex // guards what follows
	slots      int        // calls at a time
	ahead      int        // more of them, while they are short
	short      bool       // calls are, of late
	endedCalls uint64     // calls of the pool, when it was looked at last
	ran        executor.Histogram
	busy       int      // of them, taken
	queues     []*queue // one for each priority, the highest first
	probing    int      // index of the queue that is asked without waiting; -1 if none is
	stopping   bool
	away       time.Time // since when the connection is lost; zero if it is not
	lastToken  uint64
	held       map[key]*held
	questions  map[string]*question
	submitters map[string]*submitter
	empty      chan struct{} // closed when stopping and nothing is held
	grants     map[key]granted
	refused    map[key]time.Time   // calls that were asked back, and when
	lacking    map[string]*inquiry // functions that this node does not have
}

// Serve makes this process a node until ctx ends: it takes calls from the queue and runs
// them. Then it takes no more, finishes those that it has, and returns nil; what is not
// finished after cfg.Pool.Grace (5 s) is ended. It returns an error if it cannot connect,
// or if the initializer of its pool fails. A program calls it after executor.Main:
//
//	executor.Main()
//	err := natsexec.Serve(ctx, natsexec.NodeConfig{Config: natsexec.Config{URL: url}})
func Serve(ctx context.Context, cfg NodeConfig) error {
	n, err := NewNode(ctx, cfg)
	if err != nil {
		return err
	}
	<-ctx.Done()
	grace := orDefault(cfg.Pool.Grace, 5*time.Second)
	if grace < 0 {
		return n.Shutdown(context.WithoutCancel(ctx))
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err = n.Shutdown(last)
	var unfinished *executor.ShutdownError
	if errors.As(err, &unfinished) {
		n.pool.Terminate()
		err = n.Shutdown(context.WithoutCancel(ctx))
	}
	return err
}

// NewNode returns a node that takes calls. It blocks until the node is connected and the
// initializer of its pool has run in every worker, or ctx ends. Every node must be shut
// down once.
func NewNode(ctx context.Context, cfg NodeConfig) (*Node, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	if cfg.URL == "" {
		return nil, &executor.ConfigError{Field: "natsexec.Config.URL", Value: `""`, Remedy: "a node needs the server of a pool: see Pool.URL"}
	}
	n := &Node{
		link: &link{cfg: cfg.Config}, id: nuid.Next(), name: orDefault(cfg.NodeName, ownName()), inbox: nats.NewInbox(), stop: make(chan struct{}), out: newOutbox(),
		probing: -1, held: map[key]*held{}, questions: map[string]*question{}, submitters: map[string]*submitter{},
		empty: make(chan struct{}), lacking: map[string]*inquiry{},
		grants: map[key]granted{}, refused: map[key]time.Time{},
	}
	if len(n.name) > maxName {
		return nil, &executor.ConfigError{Field: "natsexec.NodeConfig.NodeName", Value: n.name, Remedy: fmt.Sprintf("use %d bytes at most", maxName)}
	}
	if cfg.Pool.Logger == nil {
		cfg.Pool.Logger = cfg.Logger
	}
	var err error
	if n.pool, err = executor.NewProcessPool(cfg.Pool); err != nil {
		return nil, err
	}
	n.slots = n.pool.Stats().MaxWorkers
	n.ahead = max(0, orDefault(cfg.Ahead, aheadOfEach*n.slots))
	if err = n.pool.Ready(ctx); err == nil {
		err = n.connect(n.reconnected)
	}
	if err == nil {
		err = n.listen(ctx)
	}
	if err != nil {
		n.wind()
		return nil, err
	}
	n.watcher.Go(n.beats)
	n.watcher.Go(n.watch)
	n.watcher.Go(n.watchQueues)
	n.watcher.Go(n.post)
	return n, nil
}

// listen subscribes to what submitters say, and asks for calls.
func (n *Node) listen(ctx context.Context) error {
	for subject, handler := range map[string]nats.MsgHandler{
		n.inbox + ".claim.*":                  n.onVerdict,
		n.inbox + ".taken.*":                  n.onTaken,
		n.inbox + ".beat.*":                   n.onBeatAnswer,
		n.cfg.subject("node." + n.id):         n.onCancel,
		n.cfg.subject("more." + n.cfg.Build):  n.onPriority,
		n.cfg.subject("nodes." + n.cfg.Build): n.onWho,
		n.cfg.subject("has." + n.cfg.Build):   n.onHas,
	} {
		s, err := n.nc.Subscribe(subject, handler)
		if err == nil {
			err = s.SetPendingLimits(-1, -1)
			n.subs = append(n.subs, s)
		}
		if err != nil {
			return fmt.Errorf("natsexec: cannot subscribe: %w", err)
		}
	}
	if err := n.addQueue(ctx, 0); err != nil {
		return err
	}
	n.findQueues(ctx)
	return nil
}

// Name returns the node's name.
func (n *Node) Name() string { return n.name }

// Stats returns what the node's local pool does.
func (n *Node) Stats() executor.Stats { return n.pool.Stats() }

// Shutdown takes no more calls, waits until those that the node has are finished and
// their results taken, and closes the connection. If ctx ends first it returns an
// [*executor.ShutdownError] and the node goes on winding up. It may be called repeatedly
// and concurrently; it blocks the goroutine.
func (n *Node) Shutdown(ctx context.Context) error {
	n.mu.Lock()
	n.stopping = true
	n.checkEmptyLocked()
	queues := n.queues
	n.mu.Unlock()
	for _, q := range queues {
		q.close()
	}
	n.refuseAll()
	select {
	case <-n.empty:
	default:
		select {
		case <-n.empty:
		case <-ctx.Done():
			return &executor.ShutdownError{Pool: n.name, Running: n.pool.Running(), Cause: context.Cause(ctx)}
		}
	}
	n.wind()
	return nil
}

// wind closes everything.
func (n *Node) wind() {
	n.mu.Lock()
	n.stopping = true // from here on no watcher begins
	select {
	case <-n.stop:
	default:
		close(n.stop)
	}
	n.mu.Unlock()
	n.watcher.Wait()
	for _, s := range n.subs {
		_ = s.Unsubscribe()
	}
	if n.nc != nil {
		_ = n.nc.FlushTimeout(time.Second) // the last acknowledgements
	}
	n.disconnect()
	_ = n.pool.Shutdown(context.Background())
}

func (n *Node) checkEmptyLocked() {
	if n.stopping && len(n.held) == 0 {
		select {
		case <-n.empty:
		default:
			close(n.empty)
		}
	}
}

// Garbage returns how many messages were dropped that could not be read. They come from
// programs that do not belong to the queue.
func (n *Node) Garbage() uint64 { return n.trash.Load() }
