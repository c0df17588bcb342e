//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd || windows

package proc

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
	"github.com/seed-1b9fde7b/asyncgo/internal/worker"
)

// A Child is the parent's side of one worker process.
type Child struct {
	PID       int
	Nonce     string // the worker must show it in its Hello
	Control   *Conn
	Transport Transport
	Claims    Claims
	Stderr    *os.File // read end of the worker's standard error

	cmd  *exec.Cmd
	exit func(*os.ProcessState) Exit
	mem  []byte
	bell bellPair
}

// Spawn starts a worker. It returns as soon as the process exists, some
// milliseconds before its first word. The process ends with this one, however that
// ends and whatever the worker does. It has no privileges that this process does
// not have. Wait must be called for it.
func Spawn(cfg Config) (_ *Child, err error) {
	var files []handle // closed here in any case: the child has its own by then
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	c := &Child{}
	defer func() {
		if err != nil {
			c.Release()
		}
	}()
	var inherited []handle
	if inherited, err = c.connect(); err != nil {
		return nil, err
	}
	files = append(files, inherited...)
	stderr, stderrW, err := Pipe()
	if err != nil {
		return nil, fmt.Errorf("proc: pipe: %w", err)
	}
	defer func() { _ = stderrW.Close() }()
	c.Stderr = stderr

	var nonce [8]byte
	_, _ = rand.Read(nonce[:])
	c.Nonce = hex.EncodeToString(nonce[:])
	stdout := cfg.Stdout
	if stdout == nil {
		stdout = os.Stdout
	}
	stdin, err := nothing()
	if err != nil {
		return nil, fmt.Errorf("proc: standard input of a worker: %w", err)
	}
	defer func() { _ = stdin.Close() }()
	c.cmd = &exec.Cmd{
		Args:   os.Args,
		Stdin:  stdin,
		Env:    append(append(os.Environ(), cfg.Env...), worker.Variable+"="+worker.Value(c.Nonce)),
		Stdout: stdout,
		Stderr: stderrW,
	}
	if err := sysSpawning.start(c.cmd, inherited); err != nil {
		return nil, err
	}
	c.PID = c.cmd.Process.Pid
	if c.exit, err = watch(c.cmd.Process, c.Control); err != nil {
		_ = c.cmd.Process.Kill()
		_ = c.Wait()
		return nil, err
	}
	return c, nil
}

// nothing returns a file in which there is nothing to read. A tiny container may have
// no os.DevNull.
func nothing() (*os.File, error) {
	f, err := os.Open(os.DevNull)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	r, w, err := os.Pipe()
	if err == nil {
		_ = w.Close()
	}
	return r, err
}

// connect makes the channel and returns what the child inherits of it.
func (c *Child) connect() (inherited []handle, err error) {
	defer func() {
		if err != nil {
			for _, f := range inherited {
				_ = f.Close()
			}
		}
	}()
	control, theirs, err := sysConns.pair()
	if err != nil {
		return inherited, err
	}
	c.Control = control
	inherited = append(inherited, theirs)
	mem, theirs, err := sysMemory.create()
	if err != nil {
		return inherited, err
	}
	c.mem = mem
	inherited = append(inherited, theirs)
	bell, more, err := sysBells.create()
	if err != nil {
		return inherited, err
	}
	c.bell = bell
	inherited = append(inherited, more...)
	c.Transport, c.Claims, err = channel(mem, true, bell)
	return inherited, err
}

// Wait waits for the end of the process and returns how it ended. It holds a
// thread. It must be called once.
func (c *Child) Wait() Exit {
	err := c.cmd.Wait()
	sysSpawning.gone(c.PID)
	if c.cmd.ProcessState == nil || c.exit == nil {
		return Exit{Code: -1, Err: err}
	}
	return c.exit(c.cmd.ProcessState)
}

// Kill ends the worker at once.
func (c *Child) Kill() { _ = c.Signal(syscall.SIGKILL) }

// Terminate tells the worker to behave as if it had got SIGTERM, which it drops if
// it comes from elsewhere. It does not block. A worker that is stopped, or that has
// not got as far as to listen, does so later. If call is not 0 it does so only while it
// runs that one: another may have begun meanwhile.
func (c *Child) Terminate(call uint64) {
	m := wire.Message{Kind: wire.Terminate, ID: call}
	if sent, err := c.Control.TrySend(m); !sent && err == nil {
		// The socket is full. The goroutine ends with the connection.
		go func() { _ = c.Control.Send(m, -1) }()
	}
}

// Release closes and unmaps everything. The Child must not be used afterwards.
func (c *Child) Release() {
	if c.Control != nil {
		_ = c.Control.Close()
	}
	if c.Stderr != nil {
		_ = c.Stderr.Close()
	}
	c.bell.close()
	if c.mem != nil {
		sysMemory.release(c.mem)
		c.mem = nil
	}
}

// Supported returns why there can be no worker processes here, nil if there can.
func Supported() error {
	if err := sysSpawning.supported(); err != nil {
		return err
	}
	return sysMemory.supported()
}
