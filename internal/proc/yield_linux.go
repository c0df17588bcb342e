package proc

import "syscall"

// Yield lets other threads of the system have this thread's processor, if any want
// it. The goroutine keeps the thread.
func Yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
