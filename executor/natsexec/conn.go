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
	calls  jetstream.Stream
	blobs  jetstream.ObjectStore

	connected func() bool

	finished jetstream.Stream // of durable calls: which node has them, and how they ended
	trash    atomic.Uint64
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
	opts = append(append(opts, cfg.Options...), nats.ReconnectHandler(func(*nats.Conn) { reconnected() }))
	if l.nc, err = nats.Connect(url, opts...); err != nil {
		return fmt.Errorf("natsexec: cannot connect to the server: %w", err)
	}
	l.connected = func() bool { return l.nc.Status() == nats.CONNECTED }
	if l.js, err = jetstream.New(l.nc, jsOpts...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	return l.setUp(ctx)
}

// setUp makes what the queue consists of. What is there already stays as it is.
func (l *link) setUp(ctx context.Context) (err error) {
	storage := jetstream.FileStorage
	if l.cfg.Memory {
		storage = jetstream.MemoryStorage
	}
	l.calls, err = l.stream(ctx, jetstream.StreamConfig{
		Name: l.cfg.callsStream(), Description: "calls of asyncgo that wait for a node",
		Subjects: []string{l.cfg.subject("call.>")}, Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
		MaxMsgs: int64(l.cfg.MaxQueued), Storage: storage, Replicas: l.cfg.Replicas,
	})
	if err != nil {
		return fmt.Errorf("natsexec: cannot make the queue %q: %w", l.cfg.Name, err)
	}
	l.finished, err = l.stream(ctx, jetstream.StreamConfig{
		Name: l.cfg.doneStream(), Description: "what became of durable calls of asyncgo",
		Subjects: []string{l.cfg.subject("ran.*"), l.cfg.subject("done.*")}, MaxMsgsPerSubject: 1, MaxAge: l.cfg.ResultTTL,
		AllowDirect: true, Storage: storage, Replicas: l.cfg.Replicas,
	})
	if err != nil {
		return fmt.Errorf("natsexec: cannot make the results of %q: %w", l.cfg.Name, err)
	}
	l.blobs, err = l.js.ObjectStore(ctx, l.cfg.bucket())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		l.blobs, err = l.js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: l.cfg.bucket(), Description: "large arguments and results of asyncgo", TTL: max(blobTTL, l.cfg.ResultTTL),
			Storage: storage, Replicas: l.cfg.Replicas,
		})
		if errors.Is(err, jetstream.ErrBucketExists) {
			l.blobs, err = l.js.ObjectStore(ctx, l.cfg.bucket())
		}
	}
	if err != nil {
		return fmt.Errorf("natsexec: cannot make the object store of %q: %w", l.cfg.Name, err)
	}
	return nil
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
	if l.nc != nil {
		l.nc.Close()
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
