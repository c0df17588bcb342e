package executor_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Ports of Lib/test/test_concurrent_futures/test_deadlock.py and of the rest of
// test_process_pool.py. Python's promise is that nothing hangs; ours is also that
// one call fails and the pool goes on.

// A bomb goes off where it is told to, while it is encoded or decoded.
type bomb struct {
	Where string // "encode", "decode" or, six letters too, "work!!"
	How   string // "exit", "error", "crash"
	Home  int    // pid of the process in which it never goes off; 0: everywhere
}

var errBomb = executor.RegisterError("test.errBomb", errors.New("the bomb went off"))

func (b bomb) goOff(where string) error {
	if b.Where != where || b.Home == os.Getpid() {
		return nil
	}
	switch b.How {
	case "exit":
		os.Exit(1)
	case "crash":
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Kill()
		}
		if err == nil {
			select {}
		}
		return err
	case "panic":
		panic(errBomb)
	}
	return errBomb
}

func (b bomb) MarshalBinary() ([]byte, error) {
	if err := b.goOff("encode"); err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(b.Home)), b.Where+" "+b.How...), nil
}

func (b *bomb) UnmarshalBinary(data []byte) error {
	*b = bomb{Where: string(data[4:10]), How: string(data[11:]), Home: int(binary.BigEndian.Uint32(data))}
	return b.goOff("decode")
}

var (
	identity = executor.Register("test.identity", func(_ context.Context, b bomb) (bomb, error) { return b, nil })

	explode = executor.Register("test.explode", func(_ context.Context, b bomb) (executor.None, error) {
		b.Home = 0
		return executor.None{}, b.goOff(b.Where)
	})

	makeBomb = executor.Register("test.makeBomb", func(_ context.Context, s [2]string) (bomb, error) {
		return bomb{Where: s[0], How: s[1]}, nil
	})

	takeBig = executor.Register("test.takeBig", func(_ context.Context, b []byte) (int, error) {
		if len(b) > 0 && b[0] == 1 {
			return 0, bomb{Where: "work!!", How: "crash"}.goOff("work!!")
		}
		return len(b), nil
	})
)

func suiteProcessPool(t *testing.T, workers int, adjust ...func(*executor.ProcessConfig)) *executor.ProcessPool {
	t.Helper()
	cfg := executor.ProcessConfig{Workers: workers, Env: []string{"GORACE=atexit_sleep_ms=0"}}
	for _, a := range adjust {
		a(&cfg)
	}
	p, err := executor.NewProcessPool(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, p.Shutdown(ctx))
	})
	return p
}

// outcome waits for a future, with a limit.
func outcome[R any](t *testing.T, f *future.Future[R]) (R, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v, err := f.Await(ctx)
	require.True(t, f.IsDone(), "the future hangs")
	return v, err
}

func requireWorks(t *testing.T, p executor.Executor) {
	t.Helper()
	require.Equal(t, 42, resultOf(t, give(t, p, twofold.Bind(21))), "the pool goes on")
}

func TestCPythonDeadlock(t *testing.T) {
	p := suiteProcessPool(t, 2)
	crash := func(t *testing.T, err error) {
		t.Helper()
		var ce *executor.CrashError
		require.ErrorAs(t, err, &ce)
		require.NotZero(t, ce.PID)
	}
	bombs := func(t *testing.T, b bomb) error {
		t.Helper()
		b.Home = os.Getpid()
		_, err := outcome(t, give(t, p, identity.Bind(b)))
		return err
	}
	for name, run := range map[string]func(t *testing.T){
		"test_error_at_task_pickle": func(t *testing.T) {
			_, err := outcome(t, give(t, p, identity.Bind(bomb{Where: "encode", How: "error"})))
			require.ErrorIs(t, err, errBomb)
		},
		"test_exit_at_task_unpickle":  func(t *testing.T) { crash(t, bombs(t, bomb{Where: "decode", How: "exit"})) },
		"test_crash_at_task_unpickle": func(t *testing.T) { crash(t, bombs(t, bomb{Where: "decode", How: "crash"})) },
		"test_error_at_task_unpickle": func(t *testing.T) {
			err := bombs(t, bomb{Where: "decode", How: "error"})
			require.ErrorIs(t, err, errBomb)
			require.ErrorContains(t, err, "argument")
		},
		"test_crash_during_func_exec_on_worker": func(t *testing.T) {
			_, err := outcome(t, give(t, p, explode.Bind(bomb{Where: "work!!", How: "crash"})))
			crash(t, err)
		},
		"test_exit_during_func_exec_on_worker": func(t *testing.T) {
			_, err := outcome(t, give(t, p, explode.Bind(bomb{Where: "work!!", How: "exit"})))
			crash(t, err)
		},
		"test_error_during_func_exec_on_worker": func(t *testing.T) {
			_, err := outcome(t, give(t, p, explode.Bind(bomb{Where: "work!!", How: "error"})))
			require.ErrorIs(t, err, errBomb)
		},
		"test_crash_during_result_pickle_on_worker": func(t *testing.T) {
			_, err := outcome(t, give(t, p, makeBomb.Bind([2]string{"encode", "crash"})))
			crash(t, err)
		},
		"test_exit_during_result_pickle_on_worker": func(t *testing.T) {
			_, err := outcome(t, give(t, p, makeBomb.Bind([2]string{"encode", "exit"})))
			crash(t, err)
		},
		"test_error_during_result_pickle_on_worker": func(t *testing.T) {
			_, err := outcome(t, give(t, p, makeBomb.Bind([2]string{"encode", "error"})))
			require.ErrorIs(t, err, errBomb)
			require.ErrorContains(t, err, "result")
		},
		"test_error_during_result_unpickle_in_result_handler": func(t *testing.T) {
			_, err := outcome(t, give(t, p, makeBomb.Bind([2]string{"decode", "error"})))
			require.ErrorIs(t, err, errBomb)
		},
		"test_exit_during_result_unpickle_in_result_handler": func(t *testing.T) {
			_, err := outcome(t, give(t, p, makeBomb.Bind([2]string{"decode", "panic"})))
			require.ErrorContains(t, err, errBomb.Error())
		},
		"test_gh105829_should_not_deadlock_if_wakeup_pipe_full": func(t *testing.T) {
			var fs []*future.Future[int]
			for i := range 2000 {
				fs = append(fs, give(t, p, twofold.Bind(i)))
			}
			for i, f := range fs {
				v, err := outcome(t, f)
				require.NoError(t, err)
				require.Equal(t, 2*i, v)
			}
		},
		"test_crash_big_data": func(t *testing.T) {
			big := make([]byte, 8<<20)
			fatal := slices.Clone(big)
			fatal[0] = 1
			var fs []*future.Future[int]
			for range 4 {
				fs = append(fs, give(t, p, takeBig.Bind(big)), give(t, p, takeBig.Bind(fatal)))
			}
			for i, f := range fs {
				v, err := outcome(t, f)
				if i%2 == 1 {
					crash(t, err)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, len(big), v)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t)
			requireWorks(t, p)
		})
	}
	t.Run("test_shutdown_deadlock", func(t *testing.T) {
		p := suiteProcessPool(t, 2)
		requireWorks(t, p)
		f := give(t, p, explode.Bind(bomb{Where: "work!!", How: "crash"}))
		require.NoError(t, p.Shutdown(t.Context()))
		_, err := outcome(t, f)
		crash(t, err)
	})
	t.Run("test_shutdown_deadlock_pickle", func(t *testing.T) {
		p := suiteProcessPool(t, 2)
		requireWorks(t, p)
		f := give(t, p, identity.Bind(bomb{Where: "encode", How: "error"}))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_ = p.Shutdown(ended)
		_, err := outcome(t, f)
		require.ErrorIs(t, err, errBomb)
	})
}

func TestCPythonProcessPool(t *testing.T) {
	t.Run("test_killed_child", func(t *testing.T) {
		p := suiteProcessPool(t, 1, func(c *executor.ProcessConfig) { c.BreakOnCrash = true })
		_, err := outcome(t, give(t, p, explode.Bind(bomb{Where: "work!!", How: "crash"})))
		require.ErrorIs(t, err, executor.ErrBroken)
		_, err = executor.Submit(t.Context(), p, twofold.Bind(1))
		require.ErrorIs(t, err, executor.ErrBroken)
	})
	t.Run("test_saturation", func(t *testing.T) {
		p := suiteProcessPool(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var fs []*future.Future[executor.None]
		for range 15 * 3 {
			f, err := executor.Submit(ctx, p, untilCanceled.Bind())
			require.NoError(t, err)
			fs = append(fs, f)
		}
		require.Equal(t, 3, p.Stats().Workers)
		cancel()
		for _, f := range fs {
			_, err := outcome(t, f)
			require.True(t, future.IsCanceled(err))
		}
	})
	t.Run("test_idle_process_reuse_one", func(t *testing.T) {
		p := suiteProcessPool(t, 4)
		for range 3 {
			requireWorks(t, p)
		}
		require.Equal(t, 1, p.Stats().Workers)
	})
	t.Run("test_idle_process_reuse_multiple", func(t *testing.T) {
		p := suiteProcessPool(t, 4)
		for range 3 {
			requireWorks(t, p)
			give(t, p, twofold.Bind(1))
		}
		require.LessOrEqual(t, p.Stats().Workers, 3)
	})
	t.Run("test_max_tasks_per_child", func(t *testing.T) {
		p := suiteProcessPool(t, 1, func(c *executor.ProcessConfig) { c.MaxTasks = 3 })
		var pids []int
		for range 4 {
			pids = append(pids, resultOf(t, give(t, p, processID.Bind())))
		}
		require.Equal(t, []int{pids[0], pids[0], pids[0]}, pids[:3])
		require.NotEqual(t, pids[0], pids[3])
	})
	t.Run("test_max_tasks_early_shutdown", func(t *testing.T) {
		p := suiteProcessPool(t, 3, func(c *executor.ProcessConfig) { c.MaxTasks = 1 })
		var fs []*future.Future[int]
		for i := range 6 {
			fs = append(fs, give(t, p, twofold.Bind(i)))
		}
		require.NoError(t, p.Shutdown(t.Context()))
		for i, f := range fs {
			require.Equal(t, 2*i, resultOf(t, f))
		}
	})
	t.Run("test_processes_terminate", func(t *testing.T) {
		p := suiteProcessPool(t, 5)
		for range 3 {
			give(t, p, processID.Bind())
		}
		require.NoError(t, p.Shutdown(t.Context()))
		require.Zero(t, p.Stats().Workers)
	})
	t.Run("test_initializer", func(t *testing.T) {
		p := suiteProcessPool(t, 2, func(c *executor.ProcessConfig) { c.Initializer = setGlobal.Bind("initialized") })
		for range 10 {
			require.Equal(t, "initialized", resultOf(t, give(t, p, readGlobal.Bind())))
		}
	})
	t.Run("FailingInitializer test_initializer, test_spawn", func(t *testing.T) {
		p := suiteProcessPool(t, 2, func(c *executor.ProcessConfig) { c.Initializer = setGlobal.Bind("") })
		f, err := executor.Submit(t.Context(), p, readGlobal.Bind())
		if err == nil {
			_, err = outcome(t, f)
		}
		require.ErrorIs(t, err, executor.ErrBroken)
		require.ErrorIs(t, err, errBomb)
		var ie *executor.InitError
		require.ErrorAs(t, err, &ie)
		_, err = executor.Submit(t.Context(), p, readGlobal.Bind())
		require.ErrorIs(t, err, executor.ErrBroken)
	})
	t.Run("test_max_workers_negative", func(t *testing.T) {
		_, err := executor.NewProcessPool(executor.ProcessConfig{Workers: -1})
		var ce *executor.ConfigError
		require.ErrorAs(t, err, &ce)
	})
}

var (
	global = "uninitialized"

	setGlobal = executor.RegisterNoResult("test.setGlobal", func(_ context.Context, v string) error {
		if v == "" {
			return errBomb
		}
		global = v
		return nil
	})

	readGlobal = executor.RegisterNoArg("test.readGlobal", func(context.Context) (string, error) { return global, nil })

	untilCanceled = executor.RegisterAction("test.untilCanceled", func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(patience):
			return errTest
		}
	})
)
