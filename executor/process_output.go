package executor

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

// maxLine is the longest line that is passed on in one piece.
const maxLine = 64 << 10

// output is where a pool's workers print.
type output struct {
	stdout *outlet // nil if they share this process's
	stderr *outlet
	close  func()
}

// openOutput returns the outlets of a pool's writers. The log is told, once for each
// writer, when one does not do what it should.
func (p *ProcessPool) openOutput() output {
	open := func(name string, to io.Writer) (*outlet, func()) {
		return openOutlet(to, func(trouble string) {
			p.cfg.Logger.Error("executor: a pool's writer is in trouble; calls go on, output may be lost", "pool", p.cfg.Name, "writer", name, "trouble", trouble)
		})
	}
	var out output
	stderr := p.cfg.Stderr
	if stderr == nil {
		stderr = os.Stderr
	}
	out.stderr, out.close = open("Stderr", stderr)
	if p.cfg.Stdout != nil {
		closeStderr := out.close
		stdout, closeStdout := open("Stdout", p.cfg.Stdout)
		out.stdout, out.close = stdout, func() { closeStdout(); closeStderr() }
	}
	return out
}

// spawn starts a process. stdout is nil unless its output is to be passed on.
func (p *ProcessPool) spawn() (child *proc.Child, stdout *os.File, err error) {
	cfg := proc.Config{Env: p.cfg.Env}
	if p.cfg.Stdout != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, nil, err
		}
		defer func() { _ = w.Close() }() // the child has its own
		stdout, cfg.Stdout = r, w
	}
	child, err = proc.Spawn(cfg)
	if err != nil && stdout != nil {
		_ = stdout.Close()
	}
	return child, stdout, err
}

// forward passes the worker's output on until it ends, or shortly after the
// worker did: another process may hold the pipes open.
func (w *processWorker) forward(stdout *os.File) {
	defer close(w.forwarded)
	out := &w.pool.output
	var both sync.WaitGroup
	pass := func(from *os.File, to *outlet, also *tail) {
		both.Add(1)
		to.hold()
		w.pool.carrier.Go(func() {
			defer both.Done()
			defer to.release()
			copyLines(from, to.put, also)
			_ = from.Close()
			to.flush() // so that Shutdown returns after the last line
		})
	}
	pass(w.child.Stderr, out.stderr, &w.tail)
	if stdout != nil {
		pass(stdout, out.stdout, nil)
	}
	<-w.exited
	until := time.Now().Add(drainTime)
	_ = w.child.Stderr.SetReadDeadline(until)
	if stdout != nil {
		_ = stdout.SetReadDeadline(until)
	}
	both.Wait()
}

// drainTime is how long a dead worker's output may go on. What it wrote itself is
// in the pipe already.
const drainTime = 50 * time.Millisecond

// copyLines passes on whole lines, so that those of several workers do not mix.
func copyLines(from io.Reader, to func(lines []byte), also *tail) {
	buf := make([]byte, 0, 4096)
	emit := func(b []byte) {
		if len(b) == 0 {
			return
		}
		if also != nil {
			also.add(b)
		}
		to(b)
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		whole := bytes.LastIndexByte(buf, '\n') + 1
		if whole == 0 && len(buf) >= maxLine {
			whole = len(buf)
		}
		if err != nil {
			if whole = len(buf); whole > 0 && buf[whole-1] != '\n' {
				buf = append(buf, '\n')
				whole++
			}
		}
		emit(buf[:whole])
		buf = buf[:copy(buf, buf[whole:])]
		if err != nil {
			return
		}
	}
}
