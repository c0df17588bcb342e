package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// benchProcessLimits measures the limits of the rows of process pools. The same words as
// in benchPool: the best of some rounds.
func benchProcessLimits(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	for _, r := range []struct {
		name, unit string
		higher     bool
		run        func(context.Context, measure.Options) (float64, error)
	}{
		{"start_to_first_result", "ms", false, forkExec},
		{"kill_worker_to_next_result", "ms", false, forkExec},
		{"call_sequential", "ns", false, futexPingPong},
		{"call_pipelined", "calls/s", true, bareRing(1)},
		{"map_chunk_100", "items/s", true, bareRing(100)},
		{"argument_16MiB", "GB/s", true, memcpy},
		{"result_16MiB", "GB/s", true, memcpy},
		{"makespan_over_ideal", "ratio", false, bareNaps},
		{speedupRow, "ratio", true, bareSpeedup},
		{"shared_value_locked_add", "ns", false, atomicAdd},
	} {
		if !opts.Wants(r.name) {
			continue
		}
		var values []float64
		for range opts.Times() {
			v, err := r.run(ctx, opts)
			if errors.Is(err, errors.ErrUnsupported) {
				break
			}
			if err != nil {
				return fmt.Errorf("the limit of %s: %w", r.name, err)
			}
			values = append(values, v)
		}
		if len(values) == 0 {
			continue // not on this system
		}
		best := slices.Min(values)
		if r.higher {
			best = slices.Max(values)
		}
		emit(measure.Row{Row: r.name, Value: best, Unit: r.unit, Peer: limit})
	}
	return nil
}

// limitChild is the word after which this program is the other process of a limit.
const limitChild = "limit-child"

// asLimitChild is that process. It reports whether this one is such.
func asLimitChild() bool {
	if len(os.Args) < 3 || os.Args[1] != limitChild {
		return false
	}
	switch what := os.Args[2]; what {
	case "hello":
		_, _ = os.Stdout.Write([]byte{'x'})
	case "idle":
		if err := idleProgram(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	case "primes":
		awaitParent()
		n, _ := strconv.Atoi(os.Args[3])
		_, _ = fmt.Println(primesBelow(n))
	default:
		if err := memoryChild(what); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
	return true
}

// awaitParent says that this process runs, and waits until it is to go on.
func awaitParent() {
	_, _ = os.Stdout.Write([]byte{'x'})
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// A child is the other process of a limit.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
}

// startChild starts one, and returns when it runs.
func startChild(ctx context.Context, files []*os.File, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, append([]string{limitChild}, args...)...)}
	c.cmd.Stderr = os.Stderr
	c.cmd.ExtraFiles = files
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if c.out, err = c.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(c.out, make([]byte, 1)); err != nil {
		return nil, errors.Join(err, c.cmd.Wait())
	}
	return c, nil
}

// goOn ends what awaitParent waits for.
func (c *child) goOn() { _ = c.in.Close() }

// forkExec: from the start of this binary in another process to the first byte from its
// main function.
func forkExec(ctx context.Context, _ measure.Options) (float64, error) {
	start := time.Now()
	c, err := startChild(ctx, nil, "hello")
	if err != nil {
		return 0, err
	}
	spent := time.Since(start)
	return milliseconds(spent), c.cmd.Wait()
}

// memcpy: a slice of 16 MiB copied into another one.
func memcpy(_ context.Context, opts measure.Options) (float64, error) {
	from, to := bytes.Repeat([]byte("x"), mebibytes16), bytes.Repeat([]byte("y"), mebibytes16)
	return fastestRate(opts, func() (int, error) { return copy(to, from), nil })
}

// bareNaps: four threads that take the same naps from one list. They come to 1.02 if they wake on
// time, for the last long nap has no company.
func bareNaps(_ context.Context, opts measure.Options) (float64, error) {
	naps := naps(opts)
	var (
		wg   sync.WaitGroup
		next atomic.Int64
	)
	start := time.Now()
	for range workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(naps)); i = next.Add(1) - 1 {
				sleep(naps[i])
			}
		})
	}
	wg.Wait()
	return overIdeal(time.Since(start), naps), nil
}

// bareSpeedup: four computations in as many processes, over the same one after the other.
func bareSpeedup(ctx context.Context, opts measure.Options) (float64, error) {
	const calls = 4
	below := opts.Scaled(600_000)
	start := time.Now()
	found := 0
	for range calls {
		found = primesBelow(below)
	}
	serial := time.Since(start)
	var children []*child
	for range calls {
		c, err := startChild(ctx, nil, "primes", strconv.Itoa(below))
		if err != nil {
			return 0, err
		}
		children = append(children, c)
	}
	start = time.Now()
	for _, c := range children {
		c.goOn()
	}
	for _, c := range children {
		got := 0
		if _, err := fmt.Fscan(c.out, &got); err != nil || got != found {
			return 0, errors.Join(err, fmt.Errorf("a child found %d primes and not %d", got, found))
		}
		if err := c.cmd.Wait(); err != nil {
			return 0, err
		}
	}
	return serial.Seconds() / time.Since(start).Seconds(), nil
}
