package measure

import (
	"context"
	"fmt"
	"time"
)

// An Operation does n operations and says how long they took.
type Operation struct {
	Name string
	N    int
	Run  func(ctx context.Context, n int) (time.Duration, error)
}

// Best does each operation several times and emits the best time, so that a busy
// machine spoils as little as possible; the Python programs do the same.
func Best(ctx context.Context, opts Options, peer string, ops []Operation, emit Emitter) error {
	for _, op := range ops {
		if !opts.Wants(op.Name) {
			continue
		}
		n := opts.Scaled(op.N)
		var best time.Duration
		for range opts.Times() {
			spent, err := op.Run(ctx, n)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", op.Name, peer, err)
			}
			if best == 0 || spent < best {
				best = spent
			}
		}
		emit(Row{Row: op.Name, NsPerOp: float64(best.Nanoseconds()) / float64(n), N: n, Peer: peer})
	}
	return nil
}

// Timed makes an operation of one that does not measure itself.
func Timed(fn func(context.Context, int) error) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, n int) (time.Duration, error) {
		start := time.Now()
		err := fn(ctx, n)
		return time.Since(start), err
	}
}
