//go:build linux

package executor_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestProcessCallsThatWaitLongAreReported(t *testing.T) {
	var log lines
	p := newProcessPool(t, executor.ProcessConfig{Name: "busy", Workers: 1, WarnAfter: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, p.Ready(t.Context()))
	culprit := newHolder(t, 1)
	running := submit(t, p, held.Bind(culprit).Named("culprit"))
	culprit.awaitEntered(t)
	require.False(t, p.Watching(), "nothing waits")
	begin := time.Now()
	low := submit(t, p, double.Bind(1).Named("low"))
	high := submit(t, p, double.Bind(2).Named("high").WithPriority(1))
	require.Eventually(t, func() bool { return log.count("wait long") >= 2 }, patience, tick, "again after each such time")
	require.GreaterOrEqual(t, time.Since(begin), 40*time.Millisecond)
	require.Positive(t, log.count("level=WARN"))
	require.Positive(t, log.count(`pool=busy queued=2 next=high waited=`))
	require.Positive(t, log.count(`running=1 longest="culprit for `))
	require.Positive(t, log.count(fmt.Sprintf("pid=%d", runningPID(t, p))))
	culprit.Open.Set()
	resultOf(t, running)
	resultOf(t, low)
	resultOf(t, high)
	require.Eventually(t, func() bool { return !p.Watching() }, patience, tick, "there is no queue any more")
}

// What was sent ahead is in no queue; once it is taken back it waits.
func TestProcessCallsThatWereTakenBackAreReported(t *testing.T) {
	var log lines
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, WarnAfter: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 200 {
		resultOf(t, submit(t, p, held.Bind(holder{})))
	}
	blocker, long := newHolder(t, 0), newHolder(t, 1)
	submit(t, p, held.Bind(blocker))
	blocker.awaitEntered(t)
	submit(t, p, held.Bind(long).WithPriority(1))
	victim := submit(t, p, held.Bind(holder{}))
	blocker.Open.Set()
	long.awaitEntered(t)
	before := log.count("wait long")
	require.Eventually(t, func() bool { return log.count("wait long") > before }, patience, tick)
	long.Open.Set()
	resultOf(t, victim)
}

// Without a running call the workers that come up are what is waited for.
func TestProcessCallsThatWaitForTheFirstWorkerAreReported(t *testing.T) {
	var log lines
	gate := newHolder(t, 0)
	p := newProcessPool(t, executor.ProcessConfig{Workers: 1, WarnAfter: 5 * time.Millisecond, Initializer: holdUp.Bind(gate), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	f := submit(t, p, double.Bind(1))
	require.Eventually(t, func() bool { return log.count("starting=1 running=0") > 0 }, patience, tick)
	gate.Open.Set()
	resultOf(t, f)
}
