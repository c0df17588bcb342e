//go:build linux

package executor_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// troubleWorkers sends signals to the workers of a pool until stop is closed. To
// those of a mild one it sends what a terminal or a supervisor sends to a whole
// group of processes, and no call may notice.
func troubleWorkers(p *executor.ProcessPool, mild bool, stop <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for _, r := range p.Running() {
			sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[rand.IntN(3)]
			if !mild {
				sig = []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGTERM}[rand.IntN(4)]
			}
			if childOf(r.PID) {
				_ = syscall.Kill(r.PID, sig)
			}
			if !mild {
				break
			}
		}
	}
}

// makeShortages takes all free descriptors away for some milliseconds, again and
// again, until stop is closed.
func makeShortages(stop <-chan struct{}) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	set := func(n uint64) error {
		return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: limit.Max})
	}
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(time.Duration(100+rand.IntN(400)) * time.Millisecond):
		}
		// Descriptors below the highest that is open may still be free: a
		// start needs several.
		if err := set(uint64(3 + rand.IntN(64))); err != nil {
			return err
		}
		time.Sleep(time.Duration(1+rand.IntN(30)) * time.Millisecond)
		if err := set(limit.Cur); err != nil {
			return err
		}
	}
}

// childOf reports whether pid is a child of this process and not another one that got
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
