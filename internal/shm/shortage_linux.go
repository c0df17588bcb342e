package shm

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// withRoom runs fn, and if descriptors, memory or mappings are short, once more after
// the collector has looked for objects that nothing can use any more.
func withRoom[T any](fn func() (T, error)) (T, error) {
	v, err := fn()
	if !short(err) {
		return v, err
	}
	all.collect()
	if v, err = fn(); !short(err) {
		return v, err
	}
	remedy := "close shared objects that are not needed"
	switch {
	case errors.Is(err, unix.EMFILE):
		remedy += ", or raise the limit of descriptors (ulimit -n)"
	case errors.Is(err, unix.ENOSPC):
		remedy += ", or give " + namedDir + " more room"
	}
	return v, fmt.Errorf("%w: %s", err, remedy)
}

func short(err error) bool {
	for _, errno := range []unix.Errno{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOSPC} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// slackObjects is how many objects may become unreachable before the collector is
// called: few enough to leave the others most of the descriptors.
func slackObjects() int {
	const most = 4096
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur/4 > most {
		return most
	}
	return max(16, int(limit.Cur/4))
}

// mappings keeps shared memory from using up the mappings that the kernel grants a
// process: the Go runtime, which needs some now and then, dies without.
var mappings mappingLimit

type mappingLimit struct {
	mu   sync.Mutex
	left int // that may be made before the next count
}

// Each object makes at most mappingsEach: a page or data in the middle of a range
// splits it.
const (
	mappingsEach  = 4
	mappingsSpare = 2048 // for the runtime
)

// take is called before an object is mapped. Its error wraps ENOMEM.
func (m *mappingLimit) take() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left < mappingsEach {
		limit, used := mappingCounts()
		free := limit - mappingsSpare - used
		if free < mappingsEach {
			return fmt.Errorf("this process has %d of the %d mappings that the kernel grants it (vm.max_map_count): %w", used, limit, unix.ENOMEM)
		}
		m.left = min(free, max(free/4, mappingsEach))
	}
	m.left -= mappingsEach
	return nil
}

func mappingCounts() (limit, used int) {
	limit = 65530
	if b, err := os.ReadFile("/proc/sys/vm/max_map_count"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			limit = n
		}
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return limit, 0
	}
	defer f.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		used += bytes.Count(buf[:n], []byte{'\n'})
		if err != nil {
			return limit, used
		}
	}
}

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

// reserveStep is how much memory is taken at a time: a signal undoes one step.
const reserveStep = 16 << 20

// reserveFile takes the memory for a part of a new file, so that there is an error
// now or none later: a page that cannot be had at its first access is a bus error, or
// the end of some process.
func reserveFile(fd int, from, to int64) error {
	if err := memory.check(to - from); err != nil {
		return err
	}
	for step := int64(reserveStep); from < to; {
		n := min(step, to-from)
		if err := memory.take(n); err != nil { // others take memory, too
			return err
		}
		switch err := unix.Fallocate(fd, 0, from, n); {
		case err == nil:
			from += n
		case errors.Is(err, unix.EINTR):
			step = max(step/2, int64(pageSize))
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return nil // a system that cannot: the pages come when they are used
		default:
			return err
		}
	}
	return nil
}

// reserveHoles takes the memory that the file of another program lacks.
func reserveHoles(fd int, st unix.Stat_t) error {
	holes := st.Size - st.Blocks*512
	if holes <= 0 {
		return nil
	}
	if err := memory.take(holes); err != nil {
		return err
	}
	for {
		err := unix.Fallocate(fd, 0, 0, st.Size)
		if errors.Is(err, unix.EOPNOTSUPP) { // no tmpfs: its owner's business
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fallocate", err)
		}
	}
}
