package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/stat"
)

const argumentRow = "scale_argument"

// benchArguments measures a call with arguments of 8 B to 64 MiB, and a bare copy of as
// many bytes.
func benchArguments(ctx context.Context, opts measure.Options, emit measure.Emitter) (err error) {
	if !opts.Wants(argumentRow) {
		return nil
	}
	pool, err := newPool(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Shutdown(ctx)) }()
	for _, bytes := range []int{8, 64, 512, 4 << 10, 32 << 10, 256 << 10, 2 << 20, 16 << 20, 64 << 20} {
		if opts.Quick && bytes > 2<<20 {
			break
		}
		data, to := make([]byte, bytes), make([]byte, bytes)
		times := min(max(4<<20/bytes, 3), 2000)
		call, err := fastest(times, func() error {
			n, err := one(ctx, pool, size, data)
			if err == nil && n != bytes {
				err = fmt.Errorf("%d bytes arrived of %d", n, bytes)
			}
			return err
		})
		if err != nil {
			return err
		}
		// A hundred at a time: one alone is shorter than the clock can tell.
		hundred, err := fastest(times/10+1, func() error {
			for range 100 {
				copy(to, data)
			}
			return nil
		})
		if err != nil {
			return err
		}
		emit(measure.Row{Row: argumentRow, X: float64(bytes), Value: call, Unit: "ns", Peer: us})
		emit(measure.Row{Row: argumentRow, X: float64(bytes), Value: hundred / 100, Unit: "ns", Peer: limit})
	}
	return nil
}

// fastest returns the nanoseconds below which a quarter of the runs stay: neither a lucky
// one nor those that others on the machine disturbed.
func fastest(times int, fn func() error) (float64, error) {
	spent := make([]float64, times)
	for i := range spent {
		start := time.Now()
		if err := fn(); err != nil {
			return 0, err
		}
		spent[i] = float64(time.Since(start).Nanoseconds())
	}
	return stat.Quantile(spent, 0.25), nil
}
