package shm

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

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
