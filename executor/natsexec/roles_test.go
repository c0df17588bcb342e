//go:build linux

package natsexec_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

// The test binary plays the other processes of a cluster, too: what the variable says.
const roleVariable = "NATSEXEC_TEST_ROLE"

// A role is what a process of a test does.
type role struct {
	What        string // "node", "submitter" or "bare"
	URL         string
	Name, Build string
	Workers     int
	NodeName    string
	LostAfter   time.Duration
	OrphanAfter time.Duration
	Gate        string // for a submitter
	Durable     bool
	Slow        bool
}

func (r role) config() natsexec.Config {
	return natsexec.Config{URL: r.URL, Name: r.Name, Build: r.Build, LostAfter: r.LostAfter, OrphanAfter: r.OrphanAfter}
}

// play does what the environment says. It reports false if that is nothing.
func play() (played bool, err error) {
	text := os.Getenv(roleVariable)
	if text == "" {
		return false, nil
	}
	var r role
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return true, err
	}
	switch r.What {
	case "submitter":
		return true, submitter(r)
	case "bare":
		return true, answerBare(r)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() { // the end of the standard input means: finish
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	env := []string{"GORACE=atexit_sleep_ms=0"}
	if r.Slow {
		env = append(env, slowVariable+"=1")
	}
	n, err := natsexec.NewNode(ctx, natsexec.NodeConfig{
		Config: r.config(), NodeName: r.NodeName, Pool: executor.ProcessConfig{Workers: r.Workers, Env: env},
	})
	if err != nil {
		return true, err
	}
	fmt.Println("ready")
	<-ctx.Done()
	return true, n.Shutdown(context.Background())
}

// A process plays a role.
type process struct {
	*exec.Cmd
	role
	in     io.Closer
	out    *bufio.Scanner
	errors *lockedBuffer
	once   sync.Once
}

// lockedBuffer is a buffer that can be read while a process writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start starts a process and waits until it says that it is ready.
func start(t testing.TB, r role) *process {
	t.Helper()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	p := &process{Cmd: exec.Command(os.Args[0]), role: r, errors: new(lockedBuffer)}
	p.Env = append(os.Environ(), roleVariable+"="+string(text))
	p.Stderr = p.errors
	in, err := p.StdinPipe()
	require.NoError(t, err)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	p.in, p.out = in, bufio.NewScanner(out)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s %s wrote: %s", r.What, r.NodeName, p.errors)
		}
	})
	require.Equal(t, "ready", p.line(t))
	return p
}

func (p *process) line(t testing.TB) string {
	t.Helper()
	require.True(t, p.out.Scan(), "the process has ended: %s", p.errors)
	return strings.TrimSpace(p.out.Text())
}

// kill is what a power cut does.
func (p *process) kill() {
	p.once.Do(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.Process.Signal(s))
}

// node starts a node process for a pool.
func nodeOf(t testing.TB, p *natsexec.Pool, name string, workers int, change ...func(*role)) *process {
	t.Helper()
	r := role{What: "node", URL: p.URL(), Name: p.Name(), NodeName: name, Workers: workers}
	for _, c := range change {
		c(&r)
	}
	return start(t, r)
}

// submitter is a program that submits two calls, of which one holds its node, and waits.
func submitter(r role) error {
	cfg := r.config()
	cfg.Durable = r.Durable
	p, err := natsexec.New(cfg)
	if err != nil {
		return err
	}
	ctx := context.Background()
	running, err := executor.Submit(natsexec.WithID(ctx, "running"), p, hold.Bind(gate(r.Gate)))
	if err != nil {
		return err
	}
	for i := range 20 {
		if _, err := executor.Submit(natsexec.WithID(ctx, fmt.Sprint("waiting-", i)), p, hold.Bind(gate(r.Gate))); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err = running.Await(ctx)
	return err
}
