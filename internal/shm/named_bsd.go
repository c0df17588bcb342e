//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import (
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// namedDir is the folder of temporary files, which macOS gives each user of its own.
func namedDir() string { return os.TempDir() }

const (
	namedPrefix = "shm-"
	namedRemedy = "set TMPDIR to a folder that can be written to, the same for all programs that share"
)

// usable refuses the file of another user: it may be a trap in a folder for all, and that user
// can make it smaller.
func usable(_ int, st unix.Stat_t) error {
	if int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to user %d: %w", st.Uid, fs.ErrPermission)
	}
	return nil
}
