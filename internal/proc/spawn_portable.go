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

var (
	sysSpawning spawning = starters{}
	sysMemory   memory   = tempFiles{}
)

// starters starts the file of the program anew. A worker ends with its parent because
// its control socket does.
type starters struct{}

func (starters) supported() error { return programFound() }

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
	if err := gainless(cmd.Start); err != nil {
		return fmt.Errorf("proc: start of a worker: %w", err)
	}
	return stillUnchanged(cmd)
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
