package exampletest

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Buffer is a buffer that may be read while something writes to it. Its zero value is
// empty.
type Buffer struct {
	mu  sync.Mutex // guards all
	all bytes.Buffer
}

// Write implements [io.Writer]. It returns no error.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// String returns all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// Count returns how often s is in it.
func (b *Buffer) Count(s string) int { return strings.Count(b.String(), s) }

// A Process is a program that a test has started and talks with. It is killed when the
// test is over, and what it wrote to its standard error is logged if the test has failed.
type Process struct {
	*exec.Cmd
	In   io.WriteCloser
	Errs *Buffer // its standard error

	t    testing.TB
	out  *bufio.Reader
	once sync.Once // guards the one Wait
	err  error     // of Wait
}

// Start starts a command with pipes to all its streams.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: cmd, Errs: new(Buffer), t: t}
	cmd.Stderr = p.Errs
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p.In, p.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s wrote to its standard error: %s", cmd, p.Errs)
		}
	})
	return p
}

// Line waits for the next line that the process prints, and requires that there is one.
func (p *Process) Line() string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	require.NoError(p.t, err, "%s: it said %q, and %s", p, line, p.Errs)
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
}

// Lines yields the lines that are left, to the end of the output.
func (p *Process) Lines(yield func(string) bool) {
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			require.ErrorIs(p.t, err, io.EOF)
			require.Empty(p.t, line, "the last line has no end")
			return
		}
		if !yield(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")) {
			return
		}
	}
}

// Wait waits for the end of the process, when its output has been read, and returns what
// [exec.Cmd.Wait] says, a second time as well.
func (p *Process) Wait() error {
	p.once.Do(func() { p.err = p.Cmd.Wait() })
	return p.err
}

// Ends requires that the process ends well, without saying more, and returns when it has.
func (p *Process) Ends() {
	p.t.Helper()
	for line := range p.Lines {
		require.Fail(p.t, "the process says more", line)
	}
	require.NoError(p.t, p.Wait(), "%s", p.Errs)
}

// Kill is what a power cut does. It returns when the process is over, which it may have
// been before.
func (p *Process) Kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}
