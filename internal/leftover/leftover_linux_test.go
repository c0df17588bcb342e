package leftover

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

func TestOnlyWhatThisProcessMadeCounts(t *testing.T) {
	b := Watch()
	defer func() { shm.NameMade = nil }()
	name := fmt.Sprintf("asyncgo_leftover_%d", os.Getpid())

	t.Run("another program comes and goes", func(t *testing.T) {
		out, err := exec.Command("sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!; : >/dev/shm/"+name).Output()
		require.NoError(t, err)
		defer os.Remove("/dev/shm/" + name)
		var pid int
		_, err = fmt.Sscan(string(out), &pid)
		require.NoError(t, err)
		defer func() { _ = unix.Kill(pid, unix.SIGKILL) }()
		require.Empty(t, b.left())
	})
	t.Run("a name", func(t *testing.T) {
		m, err := shm.OpenNamed(name, 1)
		require.NoError(t, err)
		m.Close()
		require.Equal(t, []string{"the name /dev/shm/" + name}, b.left())
		require.ErrorContains(t, b.Find(), name)
		require.NoError(t, shm.UnlinkNamed(name))
		require.NoError(t, b.Find())
	})
	t.Run("a descriptor", func(t *testing.T) {
		fd, err := unix.MemfdCreate("asyncgo", unix.MFD_CLOEXEC)
		require.NoError(t, err)
		require.Len(t, b.left(), 1)
		require.NoError(t, unix.Close(fd))
		require.NoError(t, b.Find())
	})
	t.Run("a child", func(t *testing.T) {
		cmd := exec.Command("sleep", "60")
		require.NoError(t, cmd.Start())
		require.Equal(t, []string{fmt.Sprintf("the process %d", cmd.Process.Pid)}, b.left())
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		require.NoError(t, b.Find())
	})
}
