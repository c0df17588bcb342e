package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

const (
	idleWakeupsRow = "idle_100_pools_wakeups"
	idleCPURow     = "idle_100_pools_cpu"
	idlePools      = 100
)

// benchIdle has another process start a hundred pools of one worker, and counts what their
// threads do, the workers' too, while nothing is asked of them.
func benchIdle(ctx context.Context, opts measure.Options, emit measure.Emitter) error {
	if !opts.Wants(idleWakeupsRow) && !opts.Wants(idleCPURow) {
		return nil
	}
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		return fmt.Errorf("idle pools: there is no /proc/self/schedstat: %w", errors.ErrUnsupported)
	}
	c, err := startChild(ctx, nil, "idle")
	if err != nil {
		return err
	}
	settle, watch := 3.0, 5.0
	if opts.Quick {
		settle, watch = 0.2, 0.2
	}
	sleep(settle) // what the start has left over ends
	pids := family(c.cmd.Process.Pid)
	start := time.Now()
	before, err := activityOf(pids)
	if err != nil {
		return err
	}
	sleep(watch)
	after, err := activityOf(pids)
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	c.goOn()
	if err := c.cmd.Wait(); err != nil {
		return err
	}
	if len(pids) != idlePools+1 {
		return fmt.Errorf("there were %d processes and not %d", len(pids), idlePools+1)
	}
	for _, r := range []measure.Row{
		{Row: idleWakeupsRow, Value: float64(after.runs-before.runs) / seconds, Unit: "/s"},
		{Row: idleCPURow, Value: float64(after.ns-before.ns) / 1e9 / seconds * 100, Unit: "%"},
	} {
		if r.Peer = us; opts.Wants(r.Row) {
			emit(r)
		}
	}
	return nil
}

// idleProgram is that other process.
func idleProgram() error {
	ctx := context.Background()
	pools, err := openPools(ctx, idlePools)
	if err != nil {
		return err
	}
	awaitParent()
	return shutDown(ctx, pools)
}

// An activity is what threads have done since they began.
type activity struct {
	runs uint64 // how often one was given a processor
	ns   uint64 // how long it had it
}

func activityOf(pids []int) (sum activity, err error) {
	for _, pid := range pids {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil {
			return sum, err
		}
		for _, file := range threads {
			text, err := os.ReadFile(file)
			if err != nil {
				return sum, err
			}
			var ns, waited, runs uint64
			if _, err := fmt.Sscan(string(text), &ns, &waited, &runs); err != nil {
				return sum, fmt.Errorf("%s: %w", file, err)
			}
			sum.ns += ns
			sum.runs += runs
		}
	}
	return sum, nil
}

// family returns a process and its children.
func family(pid int) []int {
	all := []int{pid}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return all
	}
	for _, file := range lists {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}
