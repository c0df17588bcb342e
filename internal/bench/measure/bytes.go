package measure

import (
	"context"
	"runtime"
)

// Bytes emits how many bytes an operation allocates, from n of them.
func Bytes(ctx context.Context, opts Options, peer, name string, n int, fn func(context.Context, int) error, emit Emitter) error {
	if !opts.Wants(name) {
		return nil
	}
	if err := fn(ctx, n); err != nil { // what is allocated once, and kept, is not counted
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := fn(ctx, n); err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	emit(Row{Row: name, Value: float64(after.TotalAlloc-before.TotalAlloc) / float64(n), Unit: "B", Peer: peer})
	return nil
}
