package shm

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// machine makes a memoryLimit that looks at files of the test.
func machine(t *testing.T, files map[string]string) *memoryLimit {
	t.Helper()
	root := t.TempDir() + "/"
	for path, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(root+path), 0o700))
		require.NoError(t, os.WriteFile(root+path, []byte(content), 0o600))
	}
	return &memoryLimit{root: root}
}

func TestMemoryThatIsLeft(t *testing.T) {
	const meminfo = "MemTotal: 4000000 kB\nMemAvailable:    2000000 kB\nSwapFree: 100000 kB\nHugePages_Total: 0\n"
	const kb, mb = 1 << 10, 1 << 20
	tests := map[string]struct {
		files map[string]string
		left  int64
	}{
		"nothing is known": {nil, -1},
		"the machine":      {map[string]string{"proc/meminfo": meminfo}, 2_100_000*kb - marginBytes},
		"a control group, version 2": {map[string]string{
			"proc/meminfo":                            meminfo,
			"proc/self/cgroup":                        "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max":            "max\n",
			"sys/fs/cgroup/a/b/memory.current":        "1\n",
			"sys/fs/cgroup/a/memory.max":              "536870912\n",
			"sys/fs/cgroup/a/memory.current":          "268435456\n",
			"sys/fs/cgroup/a/memory.stat":             "anon 5\ninactive_file 1048576\nactive_file 1048576\n",
			"sys/fs/cgroup/unrelated/b/memory.max":    "1\n",
			"sys/fs/cgroup/memory/x/memory.not_there": "1\n",
		}, 258*mb - marginBytes},
		"a container, which sees its own group as the root": {map[string]string{
			"proc/meminfo":                 meminfo,
			"proc/self/cgroup":             "0::/../elsewhere\n",
			"sys/fs/cgroup/memory.max":     "104857600\n",
			"sys/fs/cgroup/memory.current": "52428800\n",
		}, 50*mb - marginBytes},
		"a control group, version 1": {map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "9:name=systemd:/\n4:memory:/a\n0::/\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/a/memory.usage_in_bytes": "73741824\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":   "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes":   "1\n",
		}, 1_000_000_000 - marginBytes},
		"a group that is full": {map[string]string{
			"proc/meminfo":                 meminfo,
			"proc/self/cgroup":             "0::/\n",
			"sys/fs/cgroup/memory.max":     "1000\n",
			"sys/fs/cgroup/memory.current": "2000\n",
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := machine(t, tt.files)
			require.Equal(t, tt.left, m.left())
			if tt.left < 0 {
				require.NoError(t, m.check(math.MaxInt64))
				return
			}
			require.NoError(t, m.take(tt.left))
			require.ErrorIs(t, m.take(tt.left+1), unix.ENOMEM)
		})
	}
}

// What was checked a moment ago is not looked up again, but it is used up.
func TestMemoryCredit(t *testing.T) {
	m := machine(t, map[string]string{"proc/meminfo": "MemAvailable: 1000000 kB\n"})
	require.NoError(t, m.take(1))
	credit := m.credit
	require.Positive(t, credit)
	require.NoError(t, os.WriteFile(m.root+"proc/meminfo", []byte("MemAvailable: 0 kB\n"), 0o600))
	require.NoError(t, m.take(credit))
	require.ErrorIs(t, m.take(1), unix.ENOMEM)
}

// The Go runtime dies when it cannot map memory, so some mappings are left for it.
func TestMappingsAreCounted(t *testing.T) {
	limit, used := mappingCounts()
	require.Greater(t, limit, 1000)
	require.Greater(t, used, 5)
	var m mappingLimit
	require.NoError(t, m.take())
	require.LessOrEqual(t, m.left, limit-mappingsSpare-used)
}
