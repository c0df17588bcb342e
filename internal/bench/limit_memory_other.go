//go:build !linux

package main

import (
	"context"
	"errors"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// These limits need memfd_create and futex, which only Linux has.

func memoryChild(string) error { return errors.ErrUnsupported }

func futexPingPong(context.Context, measure.Options) (float64, error) {
	return 0, errors.ErrUnsupported
}

func atomicAdd(context.Context, measure.Options) (float64, error) { return 0, errors.ErrUnsupported }

func bareRing(int) func(context.Context, measure.Options) (float64, error) {
	return func(context.Context, measure.Options) (float64, error) { return 0, errors.ErrUnsupported }
}
