//go:build linux && asyncgo_lacks

package shared_test

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// What happens in a /dev/shm of one megabyte.
var smallShm = helper("small shm", func(c *child) {
	must(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	must(syscall.Mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m"))
	_, err := shared.CreateMemory("asyncgo_large", 2<<20)
	_, stat := os.Stat("/dev/shm/asyncgo_large")
	c.say("%v %v", isErrno(err, syscall.ENOSPC), os.IsNotExist(stat))
	// Another program, such as Python, makes memory that has no pages yet.
	f, err := os.Create("/dev/shm/asyncgo_sparse")
	must(err)
	must(f.Truncate(2 << 20))
	_, err = shared.OpenMemory("asyncgo_sparse")
	c.say("%v", isErrno(err, syscall.ENOSPC))
	must(os.Remove("/dev/shm/asyncgo_sparse"))
	m, err := shared.CreateMemory("asyncgo_small", 1<<19)
	must(err)
	// What is there stays usable when the rest is full.
	must(os.WriteFile("/dev/shm/rest", make([]byte, 1<<19), 0o600))
	for i := range m.Bytes() {
		m.Bytes()[i] = 1
	}
	must(m.Unlink())
	must(m.Close())
	c.say("done")
})

// A user who is not root mounts in a namespace of users. Step lacks of .ci/run decides
// whether this runs, by its build tag: where there are no such namespaces it says so.
func TestFullShmIsAnErrorAndNeverASignal(t *testing.T) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	p := startWith(t, smallShm, func(cmd *exec.Cmd) { cmd.SysProcAttr = attr }, nil)
	p.expect("true true")
	p.expect("true")
	p.expect("done")
	p.wait()
}
