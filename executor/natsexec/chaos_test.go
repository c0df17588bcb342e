//go:build linux

package natsexec_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

var (
	kills = flag.Int("kills", 8, "how many nodes TestChaos kills")
	calls = flag.Int("calls", 4000, "how many calls it makes, at least")
	seed  = flag.Uint64("seed", 0, "of its choices; 0 for another one each time")
)

// TestChaos kills one of three nodes, again and again, while calls run: every call is
// settled, none runs twice, and what did not come to its end says which node was lost. The
// long run is: go test -run TestChaos -kills 100 -calls 50000.
func TestChaos(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", *seed)
	random := rand.New(rand.NewPCG(*seed, 1))
	p := newPool(t, natsexec.Config{LostAfter: 600 * time.Millisecond})
	var nodes [3]*process
	name := func(i, generation int) string { return fmt.Sprintf("node-%d-%d", i, generation) }
	for i := range nodes {
		nodes[i] = nodeOf(t, p, name(i, 0), 2, func(r *role) { r.LostAfter = 600 * time.Millisecond })
	}
	g := newGate(t)
	var fs []*future.Future[int]
	more := func(n int) {
		for range n {
			fs = append(fs, submit(t, p, countRun.Bind(run{g, len(fs)})))
		}
	}
	other := oneByOne(t, p)
	victims := map[string]bool{}
	perKill := *calls / (*kills + 1)
	for kill := range *kills {
		more(perKill)
		// Somewhere in the middle of them.
		at := fs[len(fs)-1-random.IntN(perKill)]
		select {
		case <-at.Done():
		case <-time.After(patience):
			require.Fail(t, "nothing moves")
		}
		more(perKill / 4)
		i := random.IntN(len(nodes))
		victims[nodes[i].NodeName] = true
		nodes[i].Kill()
		nodes[i] = nodeOf(t, p, name(i, kill+1), 2, func(r *role) { r.LostAfter = 600 * time.Millisecond })
	}
	more(perKill)
	other.check(t, victims)

	lost := 0
	for i, f := range fs {
		v, err := outcome(t, f)
		var crash *executor.CrashError
		switch {
		case err == nil:
			require.Equal(t, i, v)
		case errors.As(err, &crash):
			require.True(t, victims[crash.Node], "%v", err)
			lost++
		default:
			require.NoError(t, err, "call %d: os.ErrExist here means that it ran twice", i)
		}
	}
	ran, err := os.ReadDir(string(g))
	require.NoError(t, err)
	require.LessOrEqual(t, len(ran), len(fs))
	require.GreaterOrEqual(t, len(ran), len(fs)-lost, "what has a result has run")
	s := p.Stats()
	require.Zero(t, s.Running+s.Queued)
	require.EqualValues(t, len(fs), s.Completed+s.Failed)
	t.Logf("%d calls, %d nodes killed, %d calls went down with them", len(fs), *kills, lost)
}

// A sequence is a submitter that makes one call after the other, most of which are granted
// to a node before they get there.
type sequence struct {
	gate gate
	stop chan struct{}
	done chan struct{}
	errs []error // of the calls; read when done is closed
}

func oneByOne(t *testing.T, p *natsexec.Pool) *sequence {
	t.Helper()
	s := &sequence{gate: newGate(t), stop: make(chan struct{}), done: make(chan struct{})}
	mine := newPool(t, natsexec.Config{URL: p.URL(), LostAfter: 600 * time.Millisecond})
	go func() {
		defer close(s.done)
		for i := 0; ; i++ {
			select {
			case <-s.stop:
				return
			default:
			}
			v, err := executor.Run(context.Background(), mine, countRun.Bind(run{s.gate, i}))
			if err == nil && v != i {
				err = fmt.Errorf("call %d has the result %d", i, v)
			}
			s.errs = append(s.errs, err)
		}
	}()
	return s
}

// check ends the calls: each has run once, unless it went down with its node.
func (s *sequence) check(t *testing.T, victims map[string]bool) {
	t.Helper()
	close(s.stop)
	<-s.done
	lost := 0
	for _, err := range s.errs {
		var crash *executor.CrashError
		if errors.As(err, &crash) {
			require.True(t, victims[crash.Node], "%v", err)
			lost++
			continue
		}
		require.NoError(t, err)
	}
	ran, err := os.ReadDir(string(s.gate))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(ran), len(s.errs)-lost, "what has a result has run")
	t.Logf("one by one %d calls, of which %d went down", len(s.errs), lost)
}
