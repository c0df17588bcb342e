//go:build linux

package shared_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain turns the test binary into a helper process when a test started it as
// one. Otherwise it runs the tests and then looks for what they left behind.
func TestMain(m *testing.M) {
	if runHelper() {
		return
	}
	names := shmNames()
	code := m.Run()
	if code == 0 {
		for _, problem := range []error{
			goleak.Find(goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/shm.parkedThread")),
			unusedHelpers(),
			leftovers(names),
		} {
			if problem != nil {
				fmt.Fprintln(os.Stderr, problem)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// shmNames lists the named memory of the machine.
func shmNames() map[string]bool {
	names := map[string]bool{}
	paths, _ := filepath.Glob("/dev/shm/*")
	for _, path := range paths {
		names[path] = true
	}
	return names
}

// leftovers looks for descriptors, names and children that the tests should have
// got rid of. Cleanups run some time after a collection, hence the patience.
func leftovers(names map[string]bool) error {
	var left []string
	for range 200 {
		left = nil
		runtime.GC()
		for path := range shmNames() {
			if !names[path] && strings.Contains(path, "asyncgo") {
				left = append(left, "name "+path)
			}
		}
		fds, _ := filepath.Glob("/proc/self/fd/*")
		for _, fd := range fds {
			if target, err := os.Readlink(fd); err == nil && strings.Contains(target, "asyncgo") {
				left = append(left, "descriptor of "+target)
			}
		}
		lists, _ := filepath.Glob("/proc/self/task/*/children")
		for _, list := range lists {
			if pids, err := os.ReadFile(list); err == nil && len(pids) > 0 {
				left = append(left, "children "+string(pids))
			}
		}
		if len(left) == 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("the tests left behind: %s", strings.Join(left, ", "))
}

func unusedHelpers() error {
	if flag.Lookup("test.list").Value.String() != "" || flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" || testing.Short() {
		return nil
	}
	for name := range helpers {
		if strings.HasPrefix(name, "bench ") {
			continue
		}
		if _, ok := started.Load(name); !ok {
			return fmt.Errorf("no test starts the helper %q", name)
		}
	}
	return nil
}
