package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

var sysStates states = procfs{}

// procfs is what /proc tells.
type procfs struct{}

func (procfs) stopped(pid int) bool { return stopped(pid) }

func stopped(pid int) bool {
	stat := statOf(pid)
	return len(stat) > 0 && strings.EqualFold(stat[0], "T")
}

func (procfs) exiting(pid int) bool {
	fields := statOf(pid)
	if len(fields) < 7 { // it is gone, or /proc hides it
		return ended(pid)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return true
	}
	const exiting = 0x4 // PF_EXITING
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	return err != nil || flags&exiting != 0
}

func (procfs) rss(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// ended reports whether a child of this process has ended, waited for or not.
func ended(pid int) bool {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err != nil || info.Signo != 0
		}
	}
}

// statOf returns what /proc says of a process after its name, the letter that stands
// for its state first; nil if there is no such process.
func statOf(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}
