package proc

import "syscall"

// attributes makes the kernel end a worker with its parent, also one that is stopped.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
