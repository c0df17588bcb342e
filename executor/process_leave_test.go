package executor_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// A gate is a pair of files: a worker makes one and goes on when there is the other.
type gate struct{ Reached, Open string }

var failsAtGate = executor.RegisterNoResult("test.failsAtGate", func(_ context.Context, g gate) error {
	// With one thread that does not sleep, the process does not come to see the end of
	// its control socket, which would end it.
	runtime.GOMAXPROCS(1)
	if err := os.WriteFile(g.Reached, nil, 0o600); err != nil {
		return err
	}
	for {
		if _, err := os.Stat(g.Open); err == nil {
			return errors.New("what it needs is gone")
		}
	}
})

// What a worker does after it was told to leave breaks nothing and is worth no word: it
// loses its parent then, and with that what its initializer needs, a handle of shared
// memory, say.
func TestAWorkerThatWasSentAwayCannotFail(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, end := range map[string]func(*executor.ProcessPool){
		"shutdown":  func(*executor.ProcessPool) {},
		"terminate": (*executor.ProcessPool).Terminate,
		"kill":      (*executor.ProcessPool).Kill,
	} {
		for mode, cfg := range map[string]executor.ProcessConfig{
			"":                {Workers: 8},
			", BreakOnCrash":  {Workers: 8, BreakOnCrash: true},
			", one at a time": {Workers: 1},
		} {
			var log bytes.Buffer
			cfg.Env = []string{"GORACE=atexit_sleep_ms=0"}
			begin := func(t *testing.T) *executor.ProcessPool {
				log.Reset()
				cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
				p := newProcessPool(t, cfg)
				require.ErrorIs(t, p.Ready(ended), context.Canceled)
				return p
			}
			finish := func(t *testing.T, p *executor.ProcessPool) {
				require.NoError(t, p.Shutdown(t.Context()))
				require.Empty(t, log.String())
				_, err := executor.Submit(t.Context(), p, double.Bind(1))
				require.ErrorIs(t, err, executor.ErrShutdown)
				require.NotErrorIs(t, err, executor.ErrBroken)
			}
			t.Run(name+" while it starts"+mode, func(t *testing.T) {
				p := begin(t)
				end(p)
				finish(t, p)
			})
			t.Run(name+" while its initializer runs"+mode, func(t *testing.T) {
				dir := t.TempDir()
				g := gate{filepath.Join(dir, "reached"), filepath.Join(dir, "open")}
				cfg.Initializer = failsAtGate.Bind(g)
				p := begin(t)
				require.Eventually(t, func() bool {
					_, err := os.Stat(g.Reached)
					return err == nil
				}, patience, tick)
				end(p)
				_ = p.Shutdown(ended) // it begins, and nil if the workers are gone already
				require.NoError(t, os.WriteFile(g.Open, nil, 0o600))
				finish(t, p)
			})
		}
	}
}
