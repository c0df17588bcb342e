package natsexec

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A link is a connection with what is used of the server.
type link struct {
	cfg    Config
	server *Server // ours, if there is one
	nc     *nats.Conn
	js     jetstream.JetStream
	stores

	// Large values have a connection of their own: a sign of life must not wait behind
	// one that takes longer than a node may be silent.
	bulk *nats.Conn

	connected func() bool

	trash atomic.Uint64
}

// stores are what the queue consists of on the server. They are set once, and stay good
// when what they stand for is made again.
type stores struct {
	calls    jetstream.Stream
	finished jetstream.Stream // of durable calls: which node has them, and how they ended
	blobs    jetstream.ObjectStore
}

// setupTimeout is how long the server may take to make the queue.
const setupTimeout = 30 * time.Second

// connect connects to the server, starts one if there is no URL, and makes the queue
// if it is not there. reconnected is called after the connection was lost and found
// again.
func (l *link) connect(reconnected func(), jsOpts ...jetstream.JetStreamOpt) (err error) {
	cfg := l.cfg
	defer func() {
		if err != nil {
			l.disconnect()
		}
	}()
	url := cfg.URL
	if url == "" {
		if l.server, err = NewServer(cfg.Server); err != nil {
			return err
		}
		url = l.server.URL()
	}
	opts := []nats.Option{
		nats.Name("asyncgo " + cfg.Name), nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.ReconnectBufSize(64 << 20), nats.PingInterval(2 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cfg.Logger.Warn("natsexec: the connection reports an error", "error", err)
		}),
	}
	if l.server != nil {
		opts = append(opts, nats.InProcessServer(l.server.server))
	}
	opts = append(opts, cfg.Options...)
	if l.bulk, err = nats.Connect(url, opts...); err == nil {
		l.nc, err = nats.Connect(url, append(opts, nats.ReconnectHandler(func(*nats.Conn) { reconnected() }))...)
	}
	if err != nil {
		return fmt.Errorf("natsexec: cannot connect to the server: %w", err)
	}
	l.connected = func() bool { return l.nc.Status() == nats.CONNECTED }
	if l.js, err = jetstream.New(l.nc, jsOpts...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	l.stores, err = l.setUp(ctx)
	return err
}

// setUp makes what the queue consists of. What is there already stays as it is.
func (l *link) setUp(ctx context.Context) (s stores, err error) {
	storage := jetstream.FileStorage
	if l.cfg.Memory {
		storage = jetstream.MemoryStorage
	}
	s.calls, err = l.stream(ctx, jetstream.StreamConfig{
		Name: l.cfg.callsStream(), Description: "calls of asyncgo that wait for a node",
		Subjects: []string{l.cfg.subject("call.>")}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
		MaxMsgs: int64(l.cfg.MaxQueued), Storage: storage, Replicas: l.cfg.Replicas,
	})
	if err != nil {
		return s, fmt.Errorf("natsexec: cannot make the queue %q: %w", l.cfg.Name, err)
	}
	s.finished, err = l.stream(ctx, jetstream.StreamConfig{
		Name: l.cfg.doneStream(), Description: "what became of durable calls of asyncgo",
		Subjects: []string{l.cfg.subject("ran.*"), l.cfg.subject("done.*")}, MaxMsgsPerSubject: 1, MaxAge: l.cfg.ResultTTL,
		AllowDirect: true, Storage: storage, Replicas: l.cfg.Replicas,
	})
	if err != nil {
		return s, fmt.Errorf("natsexec: cannot make the results of %q: %w", l.cfg.Name, err)
	}
	js, err := jetstream.New(l.bulk)
	if err != nil {
		return s, err
	}
	s.blobs, err = js.ObjectStore(ctx, l.cfg.bucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		s.blobs, err = js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: l.cfg.bucket(), Description: "large arguments and results of asyncgo", TTL: max(blobTTL, l.cfg.ResultTTL),
			Storage: storage, Replicas: l.cfg.Replicas,
		})
		if errors.Is(err, jetstream.ErrBucketExists) {
			s.blobs, err = js.ObjectStore(ctx, l.cfg.bucket())
		}
	}
	if err != nil {
		return s, fmt.Errorf("natsexec: cannot make the object store of %q: %w", l.cfg.Name, err)
	}
	return s, nil
}

func (l *link) stream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := l.js.Stream(ctx, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = l.js.CreateStream(ctx, cfg)
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			s, err = l.js.Stream(ctx, cfg.Name)
		}
	}
	return s, err
}

func (l *link) disconnect() {
	for _, nc := range []*nats.Conn{l.nc, l.bulk} {
		if nc != nil {
			nc.Close()
		}
	}
	if l.server != nil {
		l.server.Close()
	}
}

// garbage counts what cannot be read, and logs the first of it: its sender may
// send more.
func (l *link) garbage(subject string, err error) {
	if l.trash.Add(1) == 1 {
		l.cfg.Logger.Warn("natsexec: a message was dropped that cannot be read; further ones are counted only", "subject", subject, "error", err)
	}
}
