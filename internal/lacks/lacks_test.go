//go:build linux && asyncgo_lacks

package lacks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// without returns what the program says where something is missing. Its temporary folder
// is one that exists.
func without(t *testing.T, what string, env ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, dir := range []string{dir, filepath.Dir(dir)} { // the program may run as another user
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	path := filepath.Join(dir, "program")
	require.NoError(t, copyFile("/proc/self/exe", path))
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = append(append(os.Environ(), takeVariable+"="+what), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID}
	if uid := os.Getuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	} else {
		cmd.Env = append(cmd.Env, "LACKS_ROOT=1")
	}
	out, err := cmd.CombinedOutput()
	t.Logf("without %s:\n%s", what, out)
	require.NoError(t, err, "this takes root, or namespaces that any user may make")
	return strings.TrimSpace(string(out))
}

// What is said of what is missing.
const (
	noProc   = "mount /proc (mount -t proc proc /proc)"
	noFolder = "set TMPDIR to a folder that can be written to"
	noNames  = "mount one that can be written to (mount -t tmpfs tmpfs /dev/shm)"
)

func TestProgramsWhereSomethingIsMissing(t *testing.T) {
	type test struct {
		without             string
		pool, value, memory string // what an error says, "" for none
	}
	tests := []test{
		{without: ""},
		{without: "proc", pool: noProc},
		{without: "hidepid"},
		{without: "reading hidepid"},
		{without: "statm"},
		{without: "dev", memory: noNames},
		{without: "shm", memory: noNames},
		{without: "memfd"},
		{without: "memfd shm", memory: noNames},
		{without: "memfd writing", pool: noFolder, value: noFolder, memory: noNames},
		{without: "memfd shm writing", pool: noFolder, value: noFolder, memory: noNames},
		{without: "writing", pool: withoutFolder, value: withoutFolder, memory: noNames},
		{without: "files", pool: withoutFolder, value: withoutFolder, memory: noNames},
		{without: "files proc", pool: noProc, value: withoutFolder, memory: noNames},
		{without: "files memfd", pool: noFolder, value: noFolder, memory: noNames},
	}
	if os.Getuid() == 0 { // of other users the kernel takes no such setting
		tests = append(tests, test{without: "execmemfd"})
	}
	for _, test := range tests {
		t.Run(test.without, func(t *testing.T) {
			out := without(t, test.without)
			said := lines(out)
			limit := test.pool
			if test.without == "statm" {
				limit = "does not tell the size of a worker"
			}
			for name, says := range map[string]string{"pool": test.pool, "limit": limit, "value": test.value, "memory": test.memory} {
				require.Contains(t, said, name)
				if says == "" {
					require.Equal(t, "<nil>", said[name], name)
				} else {
					require.Contains(t, said[name], says, name)
				}
			}
			if test.pool == "" {
				require.Equal(t, "42 <nil>", said["call"])
			}
			if test.memory == "" {
				require.Equal(t, "<nil>", said["opened"])
				require.Equal(t, "<nil>", said["unlinked"])
			}
			require.NotContains(t, out, "did not come up", "what is missing is found before a worker is started")
		})
	}
}

// lines maps what the program has tried to how it went.
func lines(out string) map[string]string {
	said := map[string]string{}
	for line := range strings.Lines(out) {
		what, how, _ := strings.Cut(strings.TrimSpace(line), ": ")
		said[what] = how
	}
	return said
}
