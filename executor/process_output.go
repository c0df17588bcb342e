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

// outputMu keeps the lines of different workers apart, whichever pool they belong
// to: their writers are usually the same.
var outputMu sync.Mutex

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
	cfg := &w.pool.cfg
	stderr := cfg.Stderr
	if stderr == nil {
		stderr = os.Stderr
	}
	var both sync.WaitGroup
	pass := func(from *os.File, to io.Writer, also *tail) {
		both.Add(1)
		w.pool.carrier.Go(func() {
			defer both.Done()
			copyLines(from, to, also)
			_ = from.Close()
		})
	}
	pass(w.child.Stderr, stderr, &w.tail)
	if stdout != nil {
		pass(stdout, cfg.Stdout, nil)
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
func copyLines(from io.Reader, to io.Writer, also *tail) {
	buf := make([]byte, 0, 4096)
	emit := func(b []byte) {
		if len(b) == 0 {
			return
		}
		if also != nil {
			also.add(b)
		}
		outputMu.Lock()
		defer outputMu.Unlock()
		_, _ = to.Write(b) // there is nobody to tell
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
