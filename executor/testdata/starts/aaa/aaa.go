// Package aaa is initialized before the packages of asyncgo, for it depends on none
// of them, and does there what START says.
package aaa

import (
	"os"
	"syscall"
	"time"
)

func init() {
	switch os.Getenv("START") {
	case "block":
		<-time.NewTimer(time.Hour).C
	case "spin":
		for { //nolint:revive // busy on purpose
		}
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	case "stop once": // the first of all processes
		if f, err := os.OpenFile(os.Getenv("STOPPED"), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			_ = f.Close()
			_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		}
	case "no socket":
		_ = syscall.Close(3)
	case "no memory":
		_ = syscall.Close(4)
	case "other memory":
		if f, err := os.Open("/dev/null"); err == nil {
			_ = syscall.Dup2(int(f.Fd()), 4)
		}
	}
}
