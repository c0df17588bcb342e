package main

import (
	"context"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// timers: ops timers are scheduled and fired while size others, far away, are in the
// heap. The cost of one may grow with the logarithm of their number.
func timers(size int) func(context.Context, int) (time.Duration, error) {
	return func(ctx context.Context, ops int) (time.Duration, error) {
		l := here(ctx)
		crowd := make([]*loop.TimerHandle, size)
		for i := range crowd {
			h, err := l.CallLater(time.Hour+time.Duration(i*7919%size)*time.Millisecond, nothing)
			if err != nil {
				return 0, err
			}
			crowd[i] = h
		}
		defer func() {
			for _, h := range crowd {
				h.Cancel()
			}
		}()
		done := future.NewOn[none](l)
		left := ops
		step := func() {
			left--
			if left == 0 {
				_ = done.SetResult(none{})
			}
		}
		start := time.Now()
		for i := range ops {
			if _, err := l.CallLater(-time.Duration(i*7919%ops), step); err != nil {
				return 0, err
			}
		}
		_, err := done.Future().Await(ctx)
		return time.Since(start), err
	}
}
