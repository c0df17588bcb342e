//go:build linux

package executor_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

var chaosFor = flag.Duration("chaos", 2*time.Second, "how long TestChaos lasts")

// What a call of chaos does, beside returning its number.
const (
	behaves = iota
	napsShortly
	dies
	killsItself
	panicsHard
	callsGoexit
	sendsGarbage
	closesSocket
	closesEverything
	leavesChild
	writesMuch
	allocatesMuch
	stopsItself
	ignoresCancel
	misdeeds
)

type chaosArg struct {
	N     int
	Deed  int
	Bytes []byte
}

type chaosResult struct {
	N     int
	Bytes []byte
}

var chaos = executor.Register("test.chaos", func(ctx context.Context, a chaosArg) (chaosResult, error) {
	result := chaosResult{a.N, a.Bytes}
	switch a.Deed {
	case napsShortly:
		time.Sleep(time.Duration(a.N%3) * time.Millisecond)
	case dies:
		os.Exit(a.N % 256)
	case killsItself:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case panicsHard:
		go func() { panic("chaos in a goroutine of its own") }()
		select {}
	case callsGoexit:
		runtime.Goexit()
	case sendsGarbage:
		_, _ = proc.Parent().Transport.Send([]byte("chaos"), nil)
		proc.Parent().Transport.Wake()
		select {}
	case closesSocket:
		_ = proc.Parent().Control.Close()
		select {}
	case closesEverything:
		for fd := range 64 {
			_ = syscall.Close(fd)
		}
		select {}
	case leavesChild:
		cmd := exec.Command("sleep", "0.3")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return result, err
		}
	case writesMuch:
		line := make([]byte, 1000)
		for range 1000 {
			_, _ = os.Stderr.Write(line)
		}
	case allocatesMuch:
		hog = make([]byte, 64<<20)
		for i := 0; i < len(hog); i += 4096 {
			hog[i] = 1
		}
		hog = nil
	case stopsItself:
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case ignoresCancel:
		time.Sleep(20 * time.Millisecond)
	}
	return result, ctx.Err()
})

var chaosInit = executor.RegisterNoResult("test.chaosInit", func(_ context.Context, seed int) error {
	if rand.IntN(20) == 0 {
		os.Exit(1)
	}
	return nil
})

// Everything goes wrong all the time. Every future settles, every result is right,
// a worker's death is told within 100 ms, and nothing is left behind: the checks
// at the end of all tests see to that.
func TestChaos(t *testing.T) {
	p := newProcessPool(t, executor.ProcessConfig{
		Workers: 3, Initializer: chaosInit.Bind(1), Grace: 50 * time.Millisecond, Timeout: 300 * time.Millisecond,
		MaxTasks: 500, Logger: quiet, Stderr: io.Discard, Stdout: io.Discard,
	})
	rnd := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	stop := make(chan struct{})
	killed := make(chan struct{})
	go func() { // somebody else kills and stops workers
		defer close(killed)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			for _, r := range p.Running() {
				sig := syscall.SIGKILL
				if i%3 == 0 {
					sig = syscall.SIGSTOP
				}
				if childOf(r.PID) {
					_ = syscall.Kill(r.PID, sig)
				}
				break
			}
		}
	}()

	var calls, failed atomic.Int64
	type pending struct {
		arg      chaosArg
		f        *future.Future[chaosResult]
		canceled bool
	}
	check := func(c pending) {
		r, err := await(t, c.f)
		calls.Add(1)
		if err == nil {
			require.Equal(t, c.arg.N, r.N)
			require.True(t, slices.Equal(c.arg.Bytes, r.Bytes))
			return
		}
		failed.Add(1)
		var crash *executor.CrashError
		var panicked *future.PanicError
		ok := errors.As(err, &crash) || errors.As(err, &panicked) || errors.Is(err, context.DeadlineExceeded) || c.canceled && future.IsCanceled(err)
		require.True(t, ok, "call %d (deed %d): %v", c.arg.N, c.arg.Deed, err)
	}
	var window []pending
	for begin, n := time.Now(), 0; time.Since(begin) < *chaosFor; n++ {
		a := chaosArg{N: n}
		switch rnd.IntN(40) {
		case 0:
			a.Deed = rnd.IntN(misdeeds)
		case 1:
			a.Bytes = make([]byte, rnd.IntN(3<<20))
			a.Bytes = append(a.Bytes, byte(n))
		}
		f, err := executor.Submit(t.Context(), p, chaos.Bind(a))
		require.NoError(t, err)
		c := pending{a, f, rnd.IntN(100) == 0}
		if c.canceled {
			f.Cancel()
		}
		if window = append(window, c); len(window) >= 64 {
			check(window[0])
			window = window[1:]
		}
	}
	for _, c := range window {
		check(c)
	}
	close(stop)
	<-killed
	s := p.Stats()
	t.Logf("%d calls, %d failed; %+v", calls.Load(), failed.Load(), fmt.Sprint(s.Completed, s.Failed, s.Canceled))
	require.EqualValues(t, calls.Load(), s.Completed+s.Failed+s.Canceled)
	require.Zero(t, s.Running+s.Queued)
}

// childOf reports whether pid is a child of this process and not somebody who got
// its number since.
func childOf(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	var id, parent int
	var name string
	var state rune
	_, err = fmt.Sscanf(string(b), "%d %s %c %d", &id, &name, &state, &parent)
	return err == nil && parent == os.Getpid()
}
