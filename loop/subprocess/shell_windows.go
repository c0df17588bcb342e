package subprocess

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// shell passes the line on as it is: cmd.exe has rules of its own for quotes.
func shell(line string) *exec.Cmd {
	name := os.Getenv("ComSpec")
	if name == "" {
		name = "cmd.exe"
	}
	cmd := exec.Command(name)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `"` + name + `" /c "` + line + `"`}
	return cmd
}

// The numbers with which Windows says that a pipe is not read any more.
const (
	errorBrokenPipe = syscall.Errno(109)
	errorNoData     = syscall.Errno(232)
)

func isBrokenPipe(err error) bool {
	return errors.Is(err, errorBrokenPipe) || errors.Is(err, errorNoData)
}
