//go:build linux && asyncgo_lacks

package lacks

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// noRoot is the user for which a test lets go of root.
const noRoot = 65534

// takeAway changes this process's mounts and what it may do, and becomes the program once
// more. It returns only an error.
func takeAway(what string) error {
	runtime.LockOSThread() // a filter of system calls is the thread's
	path, err := os.Executable()
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("mounts of its own: %w", err)
	}
	for name := range strings.FieldsSeq(what) {
		do := ways[name]
		if do == nil {
			return fmt.Errorf("nothing is called %q", name)
		}
		if path, err = do(path); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	env := append(os.Environ(), tryVariable+"=1")
	for i, v := range env {
		if strings.HasPrefix(v, takeVariable+"=") {
			env[i] = "TAKEN=1"
		}
	}
	return unix.Exec(path, []string{path}, env)
}

// ways to take things away. Each returns where the program is then.
var ways = map[string]func(path string) (string, error){
	"proc": func(path string) (string, error) { return path, empty("/proc") },
	"dev":  func(path string) (string, error) { return path, empty("/dev") },
	// Of /dev nothing is left but null.
	"shm": func(path string) (string, error) {
		null := path + ".null"
		if err := bind("/dev/null", null); err != nil {
			return "", err
		}
		if err := unix.Mount("none", "/dev", "tmpfs", 0, ""); err != nil {
			return "", err
		}
		return path, bind(null, "/dev/null")
	},
	// A new kernel tells only root, and those who may look into a process, that it is there.
	"hidepid": func(path string) (string, error) {
		if err := unix.Mount("proc", "/proc", "proc", 0, "hidepid=2"); err != nil {
			return "", err
		}
		if os.Getuid() == 0 && os.Getenv("LACKS_ROOT") != "" {
			return path, unix.Setresuid(noRoot, noRoot, noRoot)
		}
		return path, nil
	},
	// A program that may be run but not read is hidden from its own user.
	"reading": func(path string) (string, error) { return path, os.Chmod(path, 0o111) },
	// The size of this process cannot be told; as on a BSD.
	"statm": func(path string) (string, error) {
		return path, unix.Mount("/dev/null", fmt.Sprintf("/proc/%d/statm", os.Getpid()), "", unix.MS_BIND, "")
	},
	// A setting of this PID namespace: memory of the kernel's that may be run is refused.
	"execmemfd": func(path string) (string, error) {
		return path, os.WriteFile("/proc/sys/vm/memfd_noexec", []byte("2"), 0)
	},
	"memfd": func(path string) (string, error) { return path, refuse(unix.SYS_MEMFD_CREATE, unix.ENOSYS) },
	// Nothing can be written to, wherever it is.
	"writing": func(path string) (string, error) {
		return path, unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	},
	// A container from scratch: the program, and /proc, which every runtime mounts.
	"files": func(path string) (string, error) {
		root := path + ".root"
		if err := os.Mkdir(root, 0o755); err != nil {
			return "", err
		}
		if err := unix.Mount("none", root, "tmpfs", 0, ""); err != nil {
			return "", err
		}
		if err := copyFile(path, filepath.Join(root, "program")); err != nil {
			return "", err
		}
		if err := os.Mkdir(filepath.Join(root, "proc"), 0o555); err != nil {
			return "", err
		}
		if err := unix.Mount("proc", filepath.Join(root, "proc"), "proc", 0, ""); err != nil {
			return "", err
		}
		if err := unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
			return "", err
		}
		if err := unix.Chroot(root); err != nil {
			return "", err
		}
		return "/program", unix.Chdir("/")
	},
}

func empty(dir string) error { return unix.Mount("none", dir, "tmpfs", unix.MS_RDONLY, "") }

// bind makes a file the same as another one.
func bind(from, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_ = f.Close()
	return unix.Mount(from, to, "", unix.MS_BIND, "")
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// refuse makes the kernel answer a system call of this thread, and of what it becomes,
// with an error, as an older kernel or the filter of a container does.
func refuse(call uint32, errno unix.Errno) error {
	const (
		errnoAction = 0x00050000
		allowAction = 0x7fff0000
	)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: call},
		{Code: unix.BPF_RET | unix.BPF_K, K: errnoAction | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: allowAction},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}
