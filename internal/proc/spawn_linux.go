//go:build !asyncgo_portable

package proc

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

var sysSpawning spawning = forkers{}

// forkers starts workers on a thread of their own: see forker.
type forkers struct{}

func (forkers) supported() error {
	if _, err := os.Stat(self); err != nil {
		return noProgram(err)
	}
	return nil
}

// self is the program that runs, even if its file was replaced.
const self = "/proc/self/exe"

func (forkers) start(cmd *exec.Cmd, inherited []*os.File) error {
	var err error
	if cmd.ExtraFiles, err = withLive(inherited); err != nil {
		return err
	}
	cmd.Path = self
	// From its first moment on: see forker.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return forks.fork(func() (int, error) {
		if err := gainNothing(); err != nil {
			return 0, err
		}
		if err := cmd.Start(); err != nil {
			return 0, fmt.Errorf("proc: start of a worker: %w", err)
		}
		return cmd.Process.Pid, nil
	})
}

func (forkers) gone(pid int) { forks.gone(pid) }

func (forkers) inherited() []uintptr { return []uintptr{3, 4} }

// bind repeats what start has asked for: the kernel forgets it in the exec of a
// program whose user or group is not the real one. This is the main thread, which
// never ends.
func (forkers) bind() error {
	if err := liveHanded(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("PR_SET_PDEATHSIG: %w", err)
	}
	return nil
}

// There is a futex, which needs no bells.
var sysBells bells = noBells{}

type noBells struct{}

func (noBells) create() (bellPair, []*os.File, error) { return bellPair{}, nil, nil }
func (noBells) open([]uintptr) (bellPair, error)      { return bellPair{}, nil }
