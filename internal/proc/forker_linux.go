//go:build !asyncgo_portable

package proc

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A forker starts workers, all on one thread that does nothing else and lives for
// as long as one of them does. This is what ends a worker from the moment of its
// fork on, before any Go code of it has run and even if it is stopped:
//
//   - The kernel kills it when the thread that forked it ends (PR_SET_PDEATHSIG),
//     which is when this process ends, however it does. On a thread of the Go
//     scheduler that would happen at random, for these come and go.
//   - A child that is stopped between fork and exec holds up its fork, and with it
//     every other fork of the process. It is found as a child of this very thread,
//     and killed.
//   - What only the children may inherit, no_new_privs, is set on this thread.
//
// One gap is left: a child that is stopped, and whose parent is killed, within the
// few instructions between its fork and its prctl. A supervisor process that
// outlives both could close it, at the price of a process more for each program,
// with a gap of its own while it starts.
//
// The thread costs a program with pools what any thread costs, some tens of
// kilobytes, and its end once there are no workers any more.
type forker struct {
	mu     sync.Mutex
	thread *forkThread  // nil if there are no workers; guarded by mu
	users  int          // workers, from before their fork until they were waited for; guarded by mu
	pids   map[int]bool // of those that were forked; guarded by mu
}

type forkThread struct {
	jobs chan func()  // closed when there are no workers any more
	tid  atomic.Int64 // set before the first job is taken
}

var forks forker

// fork calls start on the thread, which must return the pid of a new child of this
// process. Every child must be given to gone when it has been waited for.
func (f *forker) fork(start func() (pid int, err error)) error {
	f.mu.Lock()
	if f.thread == nil {
		f.thread = &forkThread{jobs: make(chan func())}
		f.pids = make(map[int]bool)
		go f.thread.run()
	}
	f.users++
	t := f.thread
	f.mu.Unlock()
	var (
		pid  int
		err  error
		done = make(chan struct{})
	)
	t.jobs <- func() {
		defer close(done)
		pid, err = start()
	}
	f.await(t, done)
	f.forked(pid, err == nil)
	return err
}

// run is the thread. It is never unlocked, so it ends with this goroutine.
func (t *forkThread) run() {
	runtime.LockOSThread()
	t.tid.Store(int64(unix.Gettid()))
	for job := range t.jobs {
		job()
	}
}

// stoppedFor is how often a fork that does not return is looked at. A child that is
// found stopped twice is killed; once may be a Ctrl-Z that is just being continued.
const stoppedFor = 250 * time.Millisecond

// await waits for the end of a job that the thread has begun.
func (f *forker) await(t *forkThread, done <-chan struct{}) {
	look := time.NewTicker(stoppedFor)
	defer look.Stop()
	suspect := 0
	for {
		select {
		case <-done:
			return
		case <-look.C:
			pid := f.stopped(t)
			if pid != 0 && pid == suspect {
				_ = unix.Kill(pid, unix.SIGKILL) // it cannot be another's: it was not waited for
			}
			suspect = pid
		}
	}
}

// stopped returns the pid of a child of the thread that is being forked and is
// stopped, 0 if there is none. It asks the kernel for the children, which a kernel
// without CONFIG_PROC_CHILDREN does not tell.
func (f *forker) stopped(t *forkThread) int {
	list, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", t.tid.Load()))
	if err != nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, field := range bytes.Fields(list) {
		pid, err := strconv.Atoi(string(field))
		if err != nil || f.pids[pid] {
			continue
		}
		if stopped(pid) {
			return pid
		}
	}
	return 0
}

// forked notes a child, if there is one.
func (f *forker) forked(pid int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ok {
		f.pids[pid] = true
	} else {
		f.leaveLocked()
	}
}

// gone is told that a child has been waited for.
func (f *forker) gone(pid int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pids, pid)
	f.leaveLocked()
}

func (f *forker) leaveLocked() {
	if f.users--; f.users == 0 {
		close(f.thread.jobs)
		f.thread = nil
	}
}
