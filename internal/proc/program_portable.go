//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package proc

import (
	"fmt"
	"os"
	"os/exec"
)

// What stands at the path of the program, at the start.
var (
	self, selfErr = os.Executable()
	selfInfo      = func() os.FileInfo { info, _ := os.Stat(self); return info }()
)

// programFound returns an error if this program cannot be started anew.
func programFound() error {
	if selfErr != nil {
		return noProgram(selfErr)
	}
	return unchanged()
}

// stillUnchanged ends a worker that has just begun if its program was replaced meanwhile,
// and returns the error. The system has opened the file by now.
func stillUnchanged(cmd *exec.Cmd) error {
	err := unchanged()
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
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
