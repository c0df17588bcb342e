package shm

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// namedDir is where glibc's shm_open, and with it Python, keeps named memory.
func namedDir() string { return "/dev/shm" }

const (
	namedPrefix = ""
	namedRemedy = "mount one that can be written to (mount -t tmpfs tmpfs /dev/shm)"
)

// usable takes the memory that the file of another program lacks.
func usable(fd int, st unix.Stat_t) error {
	holes := st.Size - st.Blocks*512
	if holes <= 0 {
		return nil
	}
	if err := memory.take(holes); err != nil {
		return err
	}
	for {
		err := unix.Fallocate(fd, 0, 0, st.Size)
		if errors.Is(err, unix.EOPNOTSUPP) { // no tmpfs: its owner's business
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fallocate", err)
		}
	}
}
