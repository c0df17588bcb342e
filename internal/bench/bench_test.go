package main

import (
	"context"
	"errors"
	"math"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// TestMain lets this binary be a worker, and the other process of a limit.
func TestMain(m *testing.M) {
	executor.Main()
	if asLimitChild() {
		return
	}
	m.Run()
}

func TestEveryRowIsMeasured(t *testing.T) {
	for name, part := range map[string]func(context.Context, measure.Options, measure.Emitter) error{
		"loop": benchLoop, "threads": benchThreads, "pool": benchPool, "plain": benchPlain, "limits": benchLimits, "scale": benchScale,
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			opts := measure.Options{Quick: true, Only: regexp.MustCompile("call|queue|locked|argument|thread|latency|pools$")}
			err := part(t.Context(), opts, func(r measure.Row) {
				n++
				if r.NsPerOp == 0 && r.Value == 0 { // a difference of memory may be negative
					t.Errorf("%+v has no value", r)
				}
			})
			if err != nil && !errors.Is(err, errors.ErrUnsupported) {
				t.Fatal(err)
			}
			if n == 0 && name != "pool" {
				t.Error("no row was measured")
			}
		})
	}
}

// TestRowsDoNotPayForHandlesTheyDrop is about the compiler: a handle that is dropped stays on
// the stack where CallSoon is inlined, which it is not in every copy of a closure.
func TestRowsDoNotPayForHandlesTheyDrop(t *testing.T) {
	const n = 100_000
	ran := 0
	_, err := loop.Run(t.Context(), func(ctx context.Context) (none, error) {
		for _, row := range loopRows {
			if !strings.HasPrefix(row.Name, "call_soon") {
				continue
			}
			ran++
			least := uint64(math.MaxUint64) // some rounds make the queues larger
			for range 10 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				if _, err := row.Run(ctx, n); err != nil {
					return none{}, err
				}
				runtime.ReadMemStats(&after)
				least = min(least, after.Mallocs-before.Mallocs)
			}
			if least > n/100 {
				t.Errorf("%s: %d allocations for %d calls", row.Name, least, n)
			}
		}
		return none{}, nil
	})
	if err != nil || ran != 4 {
		t.Error(ran, "rows,", err)
	}
}

func TestIdealQueue(t *testing.T) {
	// Five calls at once and four workers: the last waits for one.
	took := idealQueue([]float64{0, 0, 0, 0, 0, 1})
	want := []float64{service, service, service, service, 2 * service, service}
	for i := range want {
		if d := took[i] - want[i]; d > 1e-9 || d < -1e-9 {
			t.Errorf("call %d takes %v s, want %v", i, took[i], want[i])
		}
	}
}
