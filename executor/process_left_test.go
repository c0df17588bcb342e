//go:build linux

package executor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What this process had before the tests.
var (
	filesBefore  = openFiles()
	memoryBefore = names("/dev/shm")
)

func init() {
	atExit = append(atExit, noChildren, noFiles, noMemory, func() error { return os.RemoveAll(programs) })
}

// eventually gives what has just ended a moment to be gone.
func eventually(what string, left func() []string) error {
	var list []string
	for range 100 {
		if list = left(); len(list) == 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%s left: %v", what, list)
}

func noChildren() error {
	return eventually("processes", func() []string {
		var list []string
		tasks, _ := filepath.Glob("/proc/self/task/*/children")
		for _, task := range tasks {
			b, _ := os.ReadFile(task)
			list = append(list, strings.Fields(string(b))...)
		}
		return list
	})
}

func noFiles() error {
	return eventually("descriptors", func() []string {
		return slices.DeleteFunc(openFiles(), func(s string) bool {
			// What the runtime keeps for ever, and what the standard library does.
			return slices.Contains(filesBefore, s) || strings.Contains(s, "anon_inode:[event") || strings.Contains(s, "pidfd")
		})
	})
}

func noMemory() error {
	return eventually("shared memory", func() []string {
		// Other programs come and go there as well.
		return slices.DeleteFunc(names("/dev/shm"), func(s string) bool {
			return slices.Contains(memoryBefore, s) || !strings.Contains(s, "asyncgo")
		})
	})
}

// openFiles returns what the descriptors of this process point to.
func openFiles() []string {
	var list []string
	for _, name := range names("/proc/self/fd") {
		if to, err := os.Readlink("/proc/self/fd/" + name); err == nil {
			list = append(list, to)
		}
	}
	return list
}

func names(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
