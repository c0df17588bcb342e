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

// atLeast is how long a round of an operation lasts: time enough for the garbage collector to
// have its share in each, and for the processor to reach its pace.
const atLeast = 100 * time.Millisecond

// Best does each operation in several rounds and emits the time of the best one, so that a busy
// machine spoils as little as possible; the Python programs do the same. A round
// repeats an operation that takes less than a tenth of a second.
func Best(ctx context.Context, opts Options, peer string, ops []Operation, emit Emitter) error {
	for _, op := range ops {
		if !opts.Wants(op.Name) {
			continue
		}
		n := opts.Scaled(op.N)
		var best time.Duration
		for range opts.Times() {
			spent, err := op.round(ctx, n, opts.Quick)
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

// round returns how long n operations took on average.
func (op *Operation) round(ctx context.Context, n int, once bool) (time.Duration, error) {
	var spent time.Duration
	for times := 1; ; times++ {
		took, err := op.Run(ctx, n)
		if err != nil {
			return 0, err
		}
		if spent += took; once || spent >= atLeast {
			return spent / time.Duration(times), nil
		}
	}
}

// Timed makes an operation of one that does not measure itself.
func Timed(fn func(context.Context, int) error) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, n int) (time.Duration, error) {
		start := time.Now()
		err := fn(ctx, n)
		return time.Since(start), err
	}
}
