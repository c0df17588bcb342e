//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import (
	"fmt"
	"os"
	"os/exec"
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
	var err error
	if cmd.ExtraFiles, err = withLive(inherited); err != nil {
		return err
	}
	cmd.Path = self
	cmd.SysProcAttr = attributes()
	if err := gainless(cmd.Start); err != nil {
		return fmt.Errorf("proc: start of a worker: %w", err)
	}
	return stillUnchanged(cmd)
}

func (starters) gone(int) {}

func (starters) inherited() []uintptr { return []uintptr{3, 4, 6, 7} }

func (starters) bind() error { return liveHanded() }
