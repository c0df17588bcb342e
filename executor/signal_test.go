package executor

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Sent before, during and after the wait, a signal ends exactly one wait.
func TestSignalEndsEveryWait(t *testing.T) {
	const rounds = 20_000
	s := newSignal()
	armed := make(chan int)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range armed {
			s.send()
		}
	})
	for i := range rounds {
		s.arm()
		if i%3 == 0 {
			s.send()
		} else {
			armed <- i
		}
		s.wait()
	}
	close(armed)
	wg.Wait()
	require.Empty(t, s.ch, "nothing is left for a later wait")
}

func TestSignalWaitSleepsUntilSent(t *testing.T) {
	s := newSignal()
	s.arm()
	woke := make(chan struct{})
	go func() {
		s.wait()
		close(woke)
	}()
	require.Eventually(t, func() bool { return s.state.Load() == signalAsleep }, 10*time.Second, time.Millisecond)
	select {
	case <-woke:
		t.Fatal("nobody has sent it")
	default:
	}
	s.send()
	<-woke
}
