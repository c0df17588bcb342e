//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package proc

import (
	"fmt"
	"runtime"
)

// noProgram says why this program cannot be started anew.
func noProgram(err error) error {
	remedy := ""
	if runtime.GOOS == "linux" {
		remedy = ": mount /proc (mount -t proc proc /proc)"
	}
	return fmt.Errorf("worker processes are the program once more, and where it is is not known: %w%s", err, remedy)
}
