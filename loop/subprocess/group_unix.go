//go:build unix

package subprocess

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const termination = syscall.SIGTERM

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

func shell(line string) *exec.Cmd { return exec.Command("/bin/sh", "-c", line) }

// setGroup has cmd begin in a group of its own. The leader of a session is one of a
// group, too.
func setGroup(cmd *exec.Cmd, opts *Options) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: opts.NewSession, Setpgid: !opts.NewSession && !opts.ShareGroup}
}

// signalGroup sends sig to the group. Its id is the process's and stays taken as long
// as a process is in the group.
func (c *core) signalGroup(sig os.Signal) error {
	if !c.group {
		return ErrNoGroup
	}
	if c.groupGone() {
		return os.ErrProcessDone
	}
	number, ok := sig.(syscall.Signal)
	if !ok {
		return errors.New("subprocess: " + sig.String() + " is no signal of this system")
	}
	err := syscall.Kill(-c.cmd.Process.Pid, number)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// groupLives reports whether a process of the group is left.
func (c *core) groupLives() bool { return c.group && c.signalGroup(syscall.Signal(0)) == nil }

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// codeOf returns the exit code, or the number of the signal that ended the process,
// less than zero.
func codeOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return -int(status.Signal())
	}
	return state.ExitCode()
}
