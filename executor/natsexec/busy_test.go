//go:build linux

package natsexec_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// burn keeps every processor busy until its standard input ends.
func burn() error {
	for range runtime.NumCPU() {
		go func() {
			for b := []byte("busy"); ; {
				sum := sha256.Sum256(b)
				copy(b, sum[:])
			}
		}()
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// TestBusyMachineLosesNoNode has ten threads for each processor that want to run. A node
// and its server say that they live nevertheless, for each is a goroutine that sleeps most of the
// time, and the system lets such a one run soon.
func TestBusyMachineLosesNoNode(t *testing.T) {
	p := newPool(t, natsexec.Config{})
	nodeOf(t, p, "one", 1)
	g := newGate(t)
	f := submit(t, p, hold.Bind(g))
	g.await(t, "entered", 1)

	nc, _ := jetStream(t, p)
	var mu sync.Mutex // guards what follows
	var last time.Time
	var longest time.Duration
	beats := 0
	_, err := nc.Subscribe("asyncgo."+p.Name()+".beat.*", func(*nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); !last.IsZero() {
			longest = max(longest, now.Sub(last))
		}
		last = time.Now()
		beats++
	})
	require.NoError(t, err)
	for range 10 {
		start(t, role{What: "burn"})
	}
	eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return beats >= 40 }, "it beats")
	mu.Lock()
	t.Logf("the longest of %d gaps between signs of life was %v", beats, longest)
	mu.Unlock()
	g.open(t)
	result(t, f)
	require.Equal(t, 1, g.marks("entered"))
}
