package stream_test

import (
	"context"
	"net"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

func TestWhatWaits(t *testing.T) {
	looptest.CheckWaits(t, func(*testing.T) looptest.Waits {
		return looptest.Waits{
			"Read":        func(ctx context.Context) error { _, err := stream.NewReader(0).Read(ctx, 1); return err },
			"ReadAll":     func(ctx context.Context) error { _, err := fed(0, "a").ReadAll(ctx); return err },
			"ReadExactly": func(ctx context.Context) error { _, err := fed(0, "a").ReadExactly(ctx, 2); return err },
			"ReadUntil":   func(ctx context.Context) error { _, err := fed(0, "a").ReadUntil(ctx, "b", "cd"); return err },
			"ReadLine":    func(ctx context.Context) error { _, err := fed(0, "a").ReadLine(ctx); return err },
			"Drain": func(ctx context.Context) error {
				w := full()
				defer w.Abort()
				return w.Drain(ctx)
			},
			"WaitClosed": func(ctx context.Context) error {
				w := full()
				defer w.Abort()
				return w.WaitClosed(ctx)
			},
		}
	})
}

// full returns a writer whose other end does not read.
func full() *stream.Writer {
	here, _ := net.Pipe()
	_, w := stream.Wrap(context.Background(), here, 0)
	w.SetBufferLimits(0, 0)
	_, _ = w.Write([]byte("more than goes")) // it is kept
	return w
}
