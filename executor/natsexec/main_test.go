package natsexec_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor/natsexec"
)

func TestMain(m *testing.M) {
	executor.Main()
	os.Exit(m.Run())
}

// newPool returns a pool with a server of its own.
func newPool(t *testing.T, cfg natsexec.Config) *natsexec.Pool {
	t.Helper()
	if cfg.URL == "" && cfg.Server.Dir == "" {
		cfg.Server.Dir = t.TempDir()
	}
	p, err := natsexec.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { end(t, p.Shutdown) })
	return p
}

// newNode returns a node of p in this process; its workers are processes.
func newNode(t *testing.T, p *natsexec.Pool, cfg natsexec.NodeConfig) *natsexec.Node {
	t.Helper()
	cfg.URL, cfg.Name = p.URL(), p.Name()
	cfg.Pool.Env = append(cfg.Pool.Env, "GORACE=atexit_sleep_ms=0")
	n, err := natsexec.NewNode(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { end(t, n.Shutdown) })
	return n
}

const patience = 30 * time.Second

func end(t *testing.T, shutdown func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, shutdown(ctx))
}
