//go:build linux

package natsexec_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// The benchmarks compare calls with what NATS itself needs on the same machine in the same
// minute: a request that another process answers, and a message that goes through a work
// queue to another process, which acknowledges it and answers.
const (
	bareRequest = "bare.request"
	bareQueue   = "bare.queue"
	bareStream  = "bare"
	headerReply = "Reply-To"
)

// bareOptions are those of the library's connections.
var bareOptions = []nats.Option{nats.Name("bare")}

// answerBare is the other process.
func answerBare(r role) error {
	nc, err := nats.Connect(r.URL, bareOptions...)
	if err != nil {
		return err
	}
	defer nc.Close()
	if _, err = nc.Subscribe(bareRequest, func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	ctx := context.Background()
	consumer, err := js.CreateConsumer(ctx, bareStream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: -1})
	if err != nil {
		return err
	}
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		_ = nc.Publish(m.Headers().Get(headerReply), m.Data())
		_ = m.Ack()
	})
	if err != nil {
		return err
	}
	defer consuming.Stop()
	if err := nc.Flush(); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// bare is this side of it.
type bare struct {
	nc      *nats.Conn
	js      jetstream.JetStream
	inbox   string
	answers chan *nats.Msg
}

func newBare(b *testing.B, p *natsexec.Pool) *bare {
	b.Helper()
	nc, js := jetStream(b, p)
	_, err := js.CreateStream(b.Context(), jetstream.StreamConfig{
		Name: bareStream, Subjects: []string{bareQueue}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage,
	})
	require.NoError(b, err)
	x := &bare{nc: nc, js: js, inbox: nats.NewInbox(), answers: make(chan *nats.Msg, block)}
	_, err = nc.ChanSubscribe(x.inbox, x.answers)
	require.NoError(b, err)
	start(b, role{What: "bare", URL: p.URL()})
	return x
}

func (x *bare) request(b *testing.B) {
	if _, err := x.nc.Request(bareRequest, []byte{21}, patience); err != nil {
		b.Fatal(err)
	}
}

// queue sends n messages at a time, and waits for their answers.
func (x *bare) queue(b *testing.B, n int) {
	for range n {
		_, err := x.js.PublishMsgAsync(&nats.Msg{Subject: bareQueue, Data: []byte{21}, Header: nats.Header{headerReply: {x.inbox}}})
		if err != nil {
			b.Fatal(err)
		}
	}
	timeout := time.After(patience)
	for range n {
		select {
		case <-x.answers:
		case <-timeout:
			b.Fatal("no answer")
		}
	}
}
