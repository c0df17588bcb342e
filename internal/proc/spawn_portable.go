//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/live"
)

var sysSpawning spawning = starters{}

// starters starts the file of the program anew. A worker ends with its parent because
// its control socket does.
type starters struct{}

// What stands at the path of the program, at the start.
var (
	self, selfErr = os.Executable()
	selfInfo      = func() os.FileInfo { info, _ := os.Stat(self); return info }()
)

func (starters) supported() error {
	if selfErr != nil {
		return fmt.Errorf("worker processes are the program once more, and where it is is not known: %w", selfErr)
	}
	return nil
}

func (starters) start(cmd *exec.Cmd, inherited []*os.File) error {
	if err := unchanged(); err != nil {
		return err
	}
	alive, err := live.File()
	if err != nil {
		return err
	}
	cmd.Path = self
	cmd.ExtraFiles = append(inherited, alive)
	cmd.SysProcAttr = attributes()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("proc: start of a worker: %w", err)
	}
	return nil
}

// unchanged returns an error unless the program's file is what it was when this
// process was started, and gives no privileges.
func unchanged() error {
	info, err := os.Stat(self)
	switch {
	case err != nil:
		return fmt.Errorf("proc: the file of the program is gone: %w: start the program again", err)
	case selfInfo == nil || !os.SameFile(info, selfInfo) || info.Size() != selfInfo.Size() || !info.ModTime().Equal(selfInfo.ModTime()):
		return fmt.Errorf("proc: %s was replaced while the program runs, and a worker would be another program: start the program again", self)
	case info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0:
		return fmt.Errorf("proc: %s is set-user-ID or set-group-ID: a worker would have privileges that this process may have given up", self)
	}
	return nil
}

func (starters) gone(int) {}

func (starters) inherited() []uintptr { return []uintptr{3, 4, 5, 6} }

func (starters) bind() error {
	const file = 7
	if !isOpen(file) {
		return errors.New("the file that shows which processes live was not handed down")
	}
	live.Adopt(file)
	return nil
}

func isOpen(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil
}
