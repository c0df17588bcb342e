package shared_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var benchHolder = helper("bench holder", func(c *child) {
	var m shared.Mutex
	c.decode(&m)
	must(m.Lock(context.Background()))
	c.say("held")
	c.hear()
})

// How long after the death of its holder a lock is had by one that waits for it.
func BenchmarkTakeOver(b *testing.B) {
	m, err := shared.NewMutex()
	require.NoError(b, err)
	defer m.Close()
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		p := start(b, benchHolder, nil, m)
		p.expect("held")
		locked := make(chan error)
		go func() { locked <- m.Lock(b.Context()) }()
		pause := time.NewTimer(10 * time.Millisecond) // by then it sleeps
		<-pause.C
		b.StartTimer()
		begin := time.Now()
		_ = p.cmd.Process.Kill()
		require.ErrorIs(b, <-locked, shared.ErrOwnerDied)
		took = append(took, time.Since(begin))
		b.StopTimer()
		require.NoError(b, m.Consistent())
		require.NoError(b, m.Unlock())
		_ = p.end()
		b.StartTimer()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

var benchWaker = helper("bench waker", func(c *child) {
	var in, out shared.Semaphore
	c.decode(&in, &out)
	c.say("ready")
	for {
		must(in.Acquire(context.Background()))
		must(out.Release())
	}
})

// Two wake-ups of a process by another.
func BenchmarkWakeUps(b *testing.B) {
	in, err := shared.NewSemaphore(0)
	require.NoError(b, err)
	defer in.Close()
	out, err := shared.NewSemaphore(0)
	require.NoError(b, err)
	defer out.Close()
	start(b, benchWaker, nil, in, out).expect("ready")
	for b.Loop() {
		_ = in.Release()
		_ = out.Acquire(b.Context())
	}
}
