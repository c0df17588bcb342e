//go:build (linux && asyncgo_portable) || darwin || freebsd || netbsd || openbsd

package proc

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whenever the file of the program is replaced, a worker is either that program or an
// error that names the file.
func TestTheProgramIsReplacedWhileAWorkerStarts(t *testing.T) {
	oldSelf, oldInfo := self, selfInfo
	defer func() { self, selfInfo = oldSelf, oldInfo }()
	right, err := exec.LookPath("true")
	require.NoError(t, err)
	wrong, err := exec.LookPath("false")
	require.NoError(t, err)
	self = filepath.Join(t.TempDir(), "program")
	put := func(path, to string) {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, b, 0o700))
	}
	for i := range 300 {
		_ = os.Remove(self)
		put(right, self)
		put(wrong, self+".new")
		selfInfo, err = os.Stat(self)
		require.NoError(t, err)
		replaced := make(chan error)
		go func() {
			<-time.After(time.Duration(i) * 5 * time.Microsecond)
			replaced <- os.Rename(self+".new", self)
		}()
		cmd := &exec.Cmd{Args: []string{"program"}}
		err := sysSpawning.start(cmd, nil)
		if err == nil {
			require.NoError(t, cmd.Wait(), "it was the other program")
		} else {
			require.ErrorContains(t, err, self+" was replaced")
		}
		require.NoError(t, <-replaced)
	}
	require.ErrorContains(t, sysSpawning.start(&exec.Cmd{Args: []string{"program"}}, nil), self+" was replaced")
}
