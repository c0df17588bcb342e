package proc

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A Child is the parent's side of one worker process.
type Child struct {
	PID       int
	Nonce     string // the worker must show it in its Hello
	Control   *Conn
	Transport Transport
	Claims    Claims
	Stderr    *os.File // read end of the worker's standard error

	cmd *exec.Cmd
	mem []byte
}

// Spawn starts a worker. It returns as soon as the process exists, some
// milliseconds before its first word. The process ends with this one, however that
// ends and whatever the worker does; see forker. It has no privileges that this
// process does not have; see gainNothing. Wait must be called for it.
func Spawn(cfg Config) (_ *Child, err error) {
	var files []*os.File // closed here in any case: the child has its own by then
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	memory, mem, err := newMemory()
	if err != nil {
		return nil, err
	}
	files = append(files, memory)
	c := &Child{mem: mem}
	defer func() {
		if err != nil {
			c.Release()
		}
	}()
	transport, claims, err := channel(mem, true)
	if err != nil {
		return nil, err
	}
	c.Transport, c.Claims = transport, claims
	control, inherited, err := newPair()
	if err != nil {
		return nil, err
	}
	c.Control = control
	files = append(files, inherited)
	stderr, stderrW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("proc: pipe: %w", err)
	}
	c.Stderr = stderr
	files = append(files, stderrW)

	var nonce [8]byte
	_, _ = rand.Read(nonce[:])
	c.Nonce = hex.EncodeToString(nonce[:])
	stdout := cfg.Stdout
	if stdout == nil {
		stdout = os.Stdout
	}
	c.cmd = &exec.Cmd{
		Path:       self,
		Args:       os.Args,
		Env:        append(append(os.Environ(), cfg.Env...), Variable+"="+c.Nonce+":"+strconv.Itoa(os.Getpid())),
		Stdout:     stdout,
		Stderr:     stderrW,
		ExtraFiles: []*os.File{inherited, memory},
		// From its first moment on: see forker.
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL},
	}
	err = forks.fork(func() (int, error) {
		if err := gainNothing(); err != nil {
			return 0, err
		}
		if err := c.cmd.Start(); err != nil {
			return 0, fmt.Errorf("proc: start of a worker: %w", err)
		}
		return c.cmd.Process.Pid, nil
	})
	if err != nil {
		return nil, err
	}
	c.PID = c.cmd.Process.Pid
	return c, nil
}

// self is the program that runs, even if its file was replaced.
const self = "/proc/self/exe"

// Wait waits for the end of the process and returns how it ended. It holds a
// thread. It must be called once.
func (c *Child) Wait() Exit {
	err := c.cmd.Wait()
	forks.gone(c.PID)
	state := c.cmd.ProcessState
	if state == nil {
		return Exit{Code: -1, Err: err}
	}
	exit := Exit{Code: state.ExitCode(), CPU: state.UserTime() + state.SystemTime()}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		exit.Signal = status.Signal()
	}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		exit.RSS = usage.Maxrss << 10
	}
	return exit
}

// Signal sends a signal to the worker, and to nobody if it is gone already: the
// runtime holds a descriptor of the process, so its number cannot be taken over
// by another one.
func (c *Child) Signal(sig syscall.Signal) error {
	if err := c.cmd.Process.Signal(sig); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Terminate tells the worker to behave as if it had got SIGTERM, which it drops if
// it comes from elsewhere. It does not block. A worker that is stopped, or that has
// not got as far as to listen, does so later.
func (c *Child) Terminate() {
	m := wire.Message{Kind: wire.Terminate}
	if sent, err := c.Control.TrySend(m); !sent && err == nil {
		// The socket is full. The goroutine ends with the connection.
		go func() { _ = c.Control.Send(m, -1) }()
	}
}

// Stopped reports whether the worker is stopped, as by SIGSTOP.
func (c *Child) Stopped() bool { return stopped(c.PID) }

// Exiting reports whether the worker has begun to end.
func (c *Child) Exiting() bool {
	fields := statOf(c.PID)
	if len(fields) < 7 || fields[0] == "Z" || fields[0] == "X" {
		return true
	}
	const exiting = 0x4 // PF_EXITING
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	return err != nil || flags&exiting != 0
}

// Kill ends the worker at once.
func (c *Child) Kill() { _ = c.Signal(unix.SIGKILL) }

// Release closes and unmaps everything. Nobody may use the Child afterwards.
func (c *Child) Release() {
	if c.Control != nil {
		_ = c.Control.Close()
	}
	if c.Stderr != nil {
		_ = c.Stderr.Close()
	}
	if c.mem != nil {
		_ = unix.Munmap(c.mem)
		c.mem = nil
	}
}

// RSS returns the resident size of the worker in bytes, 0 if it is unknown.
func (c *Child) RSS() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.PID))
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// Supported returns nil: there are worker processes on Linux.
func Supported() error { return nil }
