package proc

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A worker never has more privileges than this process has. It is the same file
// executed anew, and the kernel grants at that moment what the file grants: to a
// program that was installed setuid and has dropped its privileges, it would give
// them back. With no_new_privs it grants nothing.
//
// It is set where something could be gained, and nowhere else, because it holds for
// all that the workers start: sudo would not work in them.

// gainNothing sets no_new_privs for the children of the calling thread, if they
// could gain something.
func gainNothing() error {
	could, err := couldGain()
	if err != nil {
		return fmt.Errorf("proc: what privileges a worker would have: %w", err)
	}
	if !could {
		return nil
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("proc: a worker would gain privileges that this process does not have, and no_new_privs cannot be set: %w", err)
	}
	return nil
}

// couldGain reports whether executing this program's file could give a process
// privileges that this one does not have: by the file's set-user-ID, set-group-ID
// or capabilities, or because root gets all capabilities back that it has dropped.
func couldGain() (bool, error) {
	info, err := os.Stat(self)
	if err != nil {
		return false, err
	}
	if info.Mode()&(os.ModeSetuid|os.ModeSetgid) != 0 {
		return true, nil
	}
	if _, err := unix.Getxattr(self, "security.capability", nil); !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP) {
		return true, nil // it has some, or it is not known
	}
	if unix.Getuid() != 0 && unix.Geteuid() != 0 {
		return false, nil
	}
	permitted, bounding, err := capabilities()
	return bounding&^permitted != 0, err
}

// capabilities returns those that the thread has and those that it may have.
func capabilities() (permitted, bounding uint64, err error) {
	f, err := os.Open("/proc/thread-self/status")
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":\t")
		var to *uint64
		switch name {
		case "CapPrm":
			to = &permitted
		case "CapBnd":
			to = &bounding
		default:
			continue
		}
		if *to, err = strconv.ParseUint(value, 16, 64); err != nil {
			return 0, 0, err
		}
	}
	return permitted, bounding, nil
}
