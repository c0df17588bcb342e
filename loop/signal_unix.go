//go:build unix

package loop

import (
	"os"
	"syscall"
)

// uncatchable reports whether the system keeps sig for itself.
func uncatchable(sig os.Signal) bool { return sig == syscall.SIGKILL || sig == syscall.SIGSTOP }
