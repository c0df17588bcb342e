package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	if len(fields) < 7 || fields[0] == "Z" || fields[0] == "X" {
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

// statOf returns what /proc says of a process after its name, the letter that stands
// for its state first; nil if there is no such process.
func statOf(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
}
