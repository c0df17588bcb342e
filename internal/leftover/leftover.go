package leftover

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A Before is what there was before the tests.
type Before struct {
	files, children []string

	mu    sync.Mutex
	names []string // that were made since; guarded by mu
}

// Watch is called before the tests.
func Watch() *Before {
	forLife()
	b := &Before{files: files(), children: children()}
	shm.NameMade = func(path string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.names = append(b.names, path)
	}
	return b
}

// Find is called after the tests. It returns an error that names what they left.
// What has just ended, or waits for the collector, gets a moment to be gone.
func (b *Before) Find() error {
	var left []string
	for range 200 {
		runtime.GC()
		if left = b.left(); len(left) == 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond) //nolint:forbidigo // it looks again; nothing is ordered by it
	}
	return fmt.Errorf("the tests left behind: %s", strings.Join(left, ", "))
}

// Names returns the names of shared memory that this process has made and that are
// still there.
func (b *Before) Names() (left []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, path := range b.names {
		if _, err := os.Lstat(path); err == nil {
			left = append(left, path)
		}
	}
	return left
}

func (b *Before) left() (left []string) {
	for _, path := range b.Names() {
		left = append(left, "the name "+path)
	}
	for _, file := range files() {
		// What the runtime and the standard library keep, and what was there.
		if !slices.Contains(b.files, file) && !strings.Contains(file, "anon_inode:[event") && !strings.Contains(file, "pidfd") {
			left = append(left, "a descriptor of "+file)
		}
	}
	for _, pid := range children() {
		if !slices.Contains(b.children, pid) {
			left = append(left, "the process "+pid)
		}
	}
	return left
}

// files returns what the descriptors of this process point to, where there is /proc.
func files() (list []string) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil {
			list = append(list, to)
		}
	}
	return list
}

// children returns the processes that this one has started and not waited for, where
// there is /proc.
func children() (pids []string) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		b, _ := os.ReadFile(list)
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}
