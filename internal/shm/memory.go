//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// memory knows how much memory can still be taken.
var memory = memoryLimit{root: "/"}

type memoryLimit struct {
	root string // of the file system; tests have one of their own

	mu     sync.Mutex
	credit int64 // may be taken before the next look
}

// marginBytes are left for everything else.
const marginBytes = 32 << 20

// check returns an error that wraps ENOMEM if there are not n bytes.
func (m *memoryLimit) check(n int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n <= m.credit {
		return nil
	}
	left := m.left()
	if left < 0 || n <= left { // it is not known, or enough
		m.credit = min(left/16, 64<<20)
		return nil
	}
	return fmt.Errorf("%w: of this machine's memory, or of what its control group grants, %d bytes are left", unix.ENOMEM, max(left, 0))
}

// take is check for memory that is about to be taken.
func (m *memoryLimit) take(n int64) error {
	if err := m.check(n); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.credit = max(0, m.credit-n)
	return nil
}

// left returns how many bytes can be taken without an end of others, -1 if that
// cannot be told.
func (m *memoryLimit) left() int64 {
	info := m.table("proc/meminfo")
	available, ok := info["MemAvailable"]
	if !ok {
		return -1
	}
	left := (available + info["SwapFree"]) << 10
	for _, group := range m.groups() {
		left = min(left, group)
	}
	return max(0, left-marginBytes)
}

// groups returns what each memory control group of this process has left.
func (m *memoryLimit) groups() []int64 {
	f, err := os.Open(m.root + "proc/self/cgroup")
	if err != nil {
		return nil
	}
	defer f.Close()
	var left []int64
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		id, rest, _ := strings.Cut(lines.Text(), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		dir, limit, used := "sys/fs/cgroup", "memory.max", "memory.current"
		if controllers == "memory" {
			dir, limit, used = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
		} else if id != "0" {
			continue
		}
		// In a container the path may be one that is seen only outside.
		for path = strings.Trim(path, "/"); ; {
			group := dir + "/" + path + "/"
			if most, ok := m.number(group + limit); ok {
				if now, ok := m.number(group + used); ok {
					stat := m.table(group + "memory.stat")
					left = append(left, most-now+stat["inactive_file"]+stat["active_file"])
				}
			}
			if path == "" {
				break
			}
			path = path[:max(0, strings.LastIndexByte(path, '/'))]
		}
	}
	return left
}

// number reads a file with one number.
func (m *memoryLimit) number(path string) (int64, bool) {
	b, err := os.ReadFile(m.root + path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil // "max" is none
}

// table reads a file of names and numbers.
func (m *memoryLimit) table(path string) map[string]int64 {
	f, err := os.Open(m.root + path)
	if err != nil {
		return nil
	}
	defer f.Close()
	t := map[string]int64{}
	for lines := bufio.NewScanner(io.LimitReader(f, 1<<20)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				t[strings.TrimSuffix(fields[0], ":")] = n
			}
		}
	}
	return t
}
