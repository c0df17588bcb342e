package proc

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/live"
)

var sysSpawning spawning = starters{}

// starters starts the file of the program anew. A worker ends with its parent because
// its control pipe does, and because it is in a job of the parent's.
type starters struct{}

func (starters) supported() error {
	if err := programFound(); err != nil {
		return err
	}
	_, err := workers()
	return err
}

// handedVariable is the name of the environment variable with the numbers of the
// handles that a worker inherits.
const handedVariable = "ASYNCGO_HANDLES"

func (starters) start(cmd *exec.Cmd, inherited []handle) error {
	if err := unchanged(); err != nil {
		return err
	}
	job, err := workers()
	if err != nil {
		return err
	}
	alive, err := liveFile()
	if err != nil {
		return err
	}
	defer func() { _ = alive.Close() }()
	var handles []syscall.Handle
	var numbers []string
	for _, h := range append([]handle{alive}, inherited...) {
		handles = append(handles, syscall.Handle(h))
		numbers = append(numbers, strconv.FormatUint(uint64(h), 10))
	}
	cmd.Path = self
	cmd.Env = append(cmd.Env, handedVariable+"="+strings.Join(numbers, ","))
	cmd.SysProcAttr = &syscall.SysProcAttr{AdditionalInheritedHandles: handles}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("proc: start of a worker: %w", err)
	}
	joined := errors.New("no handle")
	if err := cmd.Process.WithHandle(func(process uintptr) {
		joined = windows.AssignProcessToJobObject(job, windows.Handle(process))
	}); err != nil {
		joined = err
	}
	// One that has ended already cannot join.
	if joined != nil && !errors.Is(joined, windows.ERROR_ACCESS_DENIED) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("proc: a worker cannot be made to end with this process: %w", os.NewSyscallError("AssignProcessToJobObject", joined))
	}
	return stillUnchanged(cmd)
}

// liveFile returns a handle of the file that shows which processes live.
func liveFile() (handle, error) {
	f, err := live.File()
	if err != nil {
		return 0, err
	}
	h, err := copyOf(windows.Handle(f.Fd()), true)
	return handle(h), err
}

func (starters) gone(int) {}

// handed are the numbers that start has written down. It has no initial value: this
// process finds out what it is before that would be there.
var handed []uintptr

func (starters) inherited() []uintptr {
	value, ok := os.LookupEnv(handedVariable)
	if !ok {
		return nil
	}
	// Gone before other code starts a process, which is no worker.
	_ = os.Unsetenv(handedVariable)
	handed = handedNumbers(value)
	if len(handed) == 0 {
		return nil
	}
	return handed[1:]
}

// handedNumbers reads the value of the variable; nil if it makes no sense.
func handedNumbers(value string) (list []uintptr) {
	for _, text := range strings.Split(value, ",") {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n == 0 || n%4 != 0 {
			return nil
		}
		list = append(list, uintptr(n))
	}
	return list
}

func (starters) bind() error {
	h, err := take(handed[0])
	if err != nil {
		return fmt.Errorf("the file that shows which processes live: %w", err)
	}
	live.Adopt(uintptr(h))
	return nil
}
