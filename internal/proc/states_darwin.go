package proc

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var sysStates states = kernInfo{}

// kernInfo is what sysctl and proc_pidinfo tell.
type kernInfo struct{}

// States of a process and its flag, of sys/proc.h.
const (
	stateStopped = 4      // SSTOP
	stateZombie  = 5      // SZOMB
	flagExiting  = 0x2000 // P_WEXIT
)

func (kernInfo) stopped(pid int) bool {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err == nil && info.Proc.P_stat == stateStopped
}

func (kernInfo) exiting(pid int) bool {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	return err != nil || info.Proc.P_stat == stateZombie || info.Proc.P_flag&flagExiting != 0
}

// taskInfo is the start of struct proc_taskinfo.
type taskInfo struct {
	virtual, resident uint64
	_                 [10]uint64 // the rest of it, 96 bytes in all
}

func (kernInfo) rss(pid int) int64 {
	const call, flavor = 2, 4 // PROC_INFO_CALL_PIDINFO, PROC_PIDTASKINFO
	var info taskInfo
	n, _, errno := syscall.Syscall6(unix.SYS_PROC_INFO, call, uintptr(pid), flavor, 0, uintptr(unsafe.Pointer(&info)), unsafe.Sizeof(info))
	if errno != 0 || n != unsafe.Sizeof(info) {
		return 0
	}
	return int64(info.resident)
}
