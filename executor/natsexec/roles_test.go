//go:build linux

package natsexec_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

// The test binary plays the other processes of a cluster, too: what the variable says.
const roleVariable = "NATSEXEC_TEST_ROLE"

// A role is what a process of a test does.
type role struct {
	What        string // "node", "submitter", "burn" or "bare"
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
	case "burn":
		return true, burn()
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
	*exampletest.Process
	role
}

// start starts a process and waits until it says that it is ready.
func start(t testing.TB, r role) *process {
	t.Helper()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+string(text))
	p := &process{exampletest.Start(t, cmd), r}
	require.Equal(t, "ready", p.Line())
	return p
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.Cmd.Process.Signal(s))
}

// nodeOf starts a node process for a pool.
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
