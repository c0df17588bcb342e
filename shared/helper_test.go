package shared_test

import (
	"bufio"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

const helperEnv = "ASYNCGO_SHARED_HELPER"

// helpers are the bodies of child processes, by name.
var helpers = map[string]func(*child){}

var started sync.Map // names of helpers that a test started

// helper registers the body of a child process; call it beside the test that
// starts it.
func helper(name string, body func(*child)) string {
	helpers[name] = body
	return name
}

// child is a helper process as it sees itself. Lines on stdin and stdout order
// what it does with what its parent does.
type child struct {
	args    []string
	handles [][]byte
	in      *bufio.Scanner
}

// runHelper is the main function of a helper process.
func runHelper() bool {
	name := os.Getenv(helperEnv)
	if name == "" {
		return false
	}
	c := &child{in: bufio.NewScanner(os.Stdin)}
	adoptTree()
	files := map[handoff.ID]*os.File{}
	for i, text := range strings.Fields(c.hear()) {
		b, err := hex.DecodeString(text)
		must(err)
		ref, err := handoff.ParseRef(b[len(b)-handoff.RefSize:])
		must(err)
		files[ref.Object] = handed(i)
		c.handles = append(c.handles, b)
		handoff.AddPeer(ref.Sender, func(id handoff.ID) (*os.File, error) {
			f := files[id]
			delete(files, id)
			if f == nil {
				return nil, handoff.ErrGone
			}
			return f, nil
		})
	}
	c.args = strings.Split(c.hear(), "\x00")
	helpers[name](c)
	return true
}

// decode fills targets with the handles that the parent sent, in order.
func (c *child) decode(targets ...encoding.BinaryUnmarshaler) {
	for i, target := range targets {
		must(target.UnmarshalBinary(c.handles[i]))
	}
}

// say prints one line to the parent.
func (c *child) say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// hear waits for one line of the parent. The end of input ends the process, so
// that no helper outlives its parent.
func (c *child) hear() string {
	if !c.in.Scan() {
		os.Exit(0)
	}
	return c.in.Text()
}

// must ends a helper that cannot go on.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// process is a helper process as its parent sees it.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	done bool
}

// start starts a helper and sends it the handles.
func start(t testing.TB, name string, args []string, handles ...encoding.BinaryMarshaler) *process {
	t.Helper()
	return startWith(t, name, func(*exec.Cmd) {}, args, handles...)
}

// startWith is start of a command that was changed before.
func startWith(t testing.TB, name string, change func(*exec.Cmd), args []string, handles ...encoding.BinaryMarshaler) *process {
	t.Helper()
	require.Contains(t, helpers, name)
	started.Store(name, true)
	cmd := exec.Command(os.Args[0])
	// Under -race a process sleeps for a second before it exits.
	cmd.Env = append(os.Environ(), helperEnv+"="+name, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	change(cmd)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var texts []string
	var fds []uintptr
	var releases []func()
	for _, h := range handles {
		b, err := h.MarshalBinary()
		require.NoError(t, err)
		texts = append(texts, hex.EncodeToString(b))
		ref, err := handoff.ParseRef(b[len(b)-handoff.RefSize:])
		require.NoError(t, err)
		fd, release, err := handoff.Open(ref.Object)
		require.NoError(t, err)
		fds, releases = append(fds, fd), append(releases, release)
	}
	given := handDown(t, cmd, fds)
	for _, release := range releases {
		release()
	}
	require.NoError(t, cmd.Start())
	given()
	p := &process{t: t, cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	p.tell(strings.Join(texts, " "))
	p.tell(strings.Join(args, "\x00"))
	return p
}

// tell sends one line.
func (p *process) tell(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, line+"\n")
	require.NoError(p.t, err)
}

// line waits for one line.
func (p *process) line() string {
	p.t.Helper()
	require.True(p.t, p.out.Scan(), "the helper ended")
	return p.out.Text()
}

// expect waits for one line and compares it.
func (p *process) expect(line string) {
	p.t.Helper()
	require.Equal(p.t, line, p.line())
}

// wait waits for the process to end by itself, well.
func (p *process) wait() {
	p.t.Helper()
	require.NoError(p.t, p.end())
}

// died waits for the process to end by force.
func (p *process) died() {
	p.t.Helper()
	var exit *exec.ExitError
	require.ErrorAs(p.t, p.end(), &exit)
	require.True(p.t, wasKilled(exit), exit.String())
}

func (p *process) end() error {
	if p.done {
		return errors.New("waited twice")
	}
	p.done = true
	for p.out.Scan() { // Wait must come after the last read
	}
	err := p.cmd.Wait()
	_ = p.in.Close()
	return err
}

// kill ends the process by force and waits for it.
func (p *process) kill() {
	if !p.done {
		_ = p.cmd.Process.Kill()
		_ = p.end()
	}
}
