package natsexec

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Values that are too large for a message are kept in the object store until they
// were used. What is left behind by processes that died goes after blobTTL.
const (
	blobTTL     = 24 * time.Hour
	blobTimeout = 10 * time.Minute // of one transfer
	maxBlob     = min(2<<30, math.MaxInt/2+1)
)

// putBlob stores a value and returns its name.
func (l *link) putBlob(ctx context.Context, b []byte) (name string, err error) {
	if len(b) > maxBlob {
		return "", fmt.Errorf("natsexec: a value has %d bytes, the limit is %d: split it", len(b), maxBlob)
	}
	ctx, cancel := context.WithTimeout(ctx, blobTimeout)
	defer cancel()
	name = nuid.Next()
	if _, err = l.blobs.PutBytes(ctx, name, b); err != nil {
		return "", fmt.Errorf("natsexec: cannot store a value of %d bytes: %w", len(b), err)
	}
	return name, nil
}

// getBlob fetches a value.
func (l *link) getBlob(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, blobTimeout)
	defer cancel()
	info, err := l.blobs.GetInfo(ctx, name)
	if err == nil && info.Size > maxBlob {
		err = fmt.Errorf("it has %d bytes", info.Size)
	}
	var b []byte
	if err == nil {
		b, err = l.blobs.GetBytes(ctx, name)
	}
	if err != nil {
		return nil, fmt.Errorf("natsexec: cannot fetch the large value %s: %w", name, err)
	}
	return b, nil
}

// dropBlob removes a value that was used. What fails here the TTL does.
func (l *link) dropBlob(name string) {
	if name == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	if err := l.blobs.Delete(ctx, name); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) {
		l.cfg.Logger.Debug("natsexec: a large value stays until its time is over", "object", name, "error", err)
	}
}
