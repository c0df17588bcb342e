package subprocess

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

// Exec starts a program, which it looks up as os/exec does, with arguments. It returns
// once that runs, or with the error of os/exec that says why it does not.
//
// In a task it suspends the task for that time, in a plain goroutine it blocks the
// goroutine. The end of ctx, a cancellation of the task say, ends the process, then and
// later; see the guarantees of the package. So does [Process.Close], to be deferred. It
// stands for asyncio.create_subprocess_exec.
func Exec(ctx context.Context, opts Options, name string, args ...string) (*Process, error) {
	return start(ctx, &opts, func() *exec.Cmd { return exec.Command(name, args...) })
}

// Shell is [Exec] for a command line, which the system's shell runs: /bin/sh, or cmd.exe
// on Windows. Words of others in the line can run anything: give them to Exec as arguments. It stands for asyncio.create_subprocess_shell.
func Shell(ctx context.Context, opts Options, line string) (*Process, error) {
	return start(ctx, &opts, func() *exec.Cmd { return shell(line) })
}

func start(ctx context.Context, opts *Options, command func() *exec.Cmd) (*Process, error) {
	if opts.Limit < 0 {
		return nil, stream.ErrLimit
	}
	var begun launch
	defer begun.abandon()
	err := whose.Block(ctx, func(ctx context.Context) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p, err := launchProcess(ctx, opts, command())
		if err == nil {
			begun.put(p)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	p := begun.take()
	p.core.watch(ctx)
	return p, nil
}

// launchProcess starts cmd. ctx names the loop to which the process belongs.
func launchProcess(ctx context.Context, opts *Options, cmd *exec.Cmd) (*Process, error) {
	cmd.Dir, cmd.Env, cmd.ExtraFiles = opts.Dir, opts.Env, opts.ExtraFiles
	setGroup(cmd, opts)
	var files plumbing
	defer files.closeTheirs()
	if err := files.lay(cmd, opts); err != nil {
		files.closeOurs()
		return nil, err
	}
	if opts.Prepare != nil {
		opts.Prepare(cmd)
	}
	if err := cmd.Start(); err != nil {
		files.closeOurs()
		return nil, err
	}
	c := &core{cmd: cmd, grace: opts.Grace, group: !opts.ShareGroup || opts.NewSession}
	if l, err := loop.FromContext(ctx); err == nil {
		forget, ok := bridge.AtClose(l, c.kill)
		if !ok {
			c.kill()
			_ = cmd.Wait() // it was killed
			files.closeOurs()
			return nil, loop.ErrClosed
		}
		c.forget = forget
	}
	p := &Process{core: c, Pid: cmd.Process.Pid}
	if files.in != nil {
		p.Stdin = stream.WrapWriter(ctx, files.in)
		c.stdin = p.Stdin
	}
	if files.out != nil {
		p.Stdout = stream.WrapReader(ctx, files.out, opts.Limit)
	}
	if files.err != nil {
		p.Stderr = stream.WrapReader(ctx, files.err, opts.Limit)
	}
	go c.reap()
	return p, nil
}

// plumbing is the pipes of one process: this side's ends, and the files that are only
// needed until it has started.
type plumbing struct {
	in, out, err *os.File
	theirs       []*os.File
}

func (f *plumbing) lay(cmd *exec.Cmd, opts *Options) error {
	if opts.Stdin.kind == toStdout || opts.Stdout.kind == toStdout {
		return ErrRedirect
	}
	stdin, err := f.one(opts.Stdin, os.Stdin, func() (theirs *os.File, err error) {
		theirs, f.in, err = os.Pipe()
		return theirs, err
	})
	if err != nil {
		return err
	}
	stdout, err := f.one(opts.Stdout, os.Stdout, func() (theirs *os.File, err error) {
		f.out, theirs, err = os.Pipe()
		return theirs, err
	})
	if err != nil {
		return err
	}
	stderr := stdout
	if opts.Stderr.kind != toStdout {
		stderr, err = f.one(opts.Stderr, os.Stderr, func() (theirs *os.File, err error) {
			f.err, theirs, err = os.Pipe()
			return theirs, err
		})
		if err != nil {
			return err
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	return nil
}

// one returns the file that a stream of the process is to be.
func (f *plumbing) one(r Redirect, ours *os.File, makePipe func() (theirs *os.File, err error)) (file *os.File, err error) {
	switch r.kind {
	case inherit:
		return ours, nil
	case toFile:
		return r.file, nil
	case pipe:
		file, err = makePipe()
	default:
		file, err = os.OpenFile(os.DevNull, os.O_RDWR, 0)
	}
	if err == nil {
		f.theirs = append(f.theirs, file)
	}
	return file, err
}

func (f *plumbing) closeTheirs() {
	for _, file := range f.theirs {
		_ = file.Close() // the process has its own
	}
}

func (f *plumbing) closeOurs() {
	for _, file := range []*os.File{f.in, f.out, f.err} {
		if file != nil {
			_ = file.Close() // nothing was read or written
		}
	}
}

// A launch passes a process from the goroutine that starts it to the task that waits
// for it. If that is unwound meanwhile, because its loop closes, the process is killed.
type launch struct {
	mu   sync.Mutex // guards what follows
	p    *Process
	left bool
}

func (b *launch) put(p *Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left {
		_ = p.Close() // no caller has seen it
		return
	}
	b.p = p
}

func (b *launch) take() *Process {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.p
	b.p = nil
	return p
}

func (b *launch) abandon() {
	if p := b.take(); p != nil {
		_ = p.Close() // no caller has seen it
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
}

// gone reports whether err says that the process takes no more input.
func gone(err error) bool { return errors.Is(err, stream.ErrConnectionLost) || isBrokenPipe(err) }
