package loop_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
)

// mains are what loop.Main is given in a process of its own.
var mains = map[string]func(context.Context) error{
	"well": func(ctx context.Context) error {
		fmt.Println("on", loop.Current(ctx).IsRunning())
		return loop.Sleep(ctx, 0)
	},
	"failed": func(context.Context) error { return errors.New("no bread") },
	"panic":  func(context.Context) error { panic("doh") },
	"ctrl-c": func(ctx context.Context) error {
		p, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = p.Signal(os.Interrupt)
		}
		return errors.Join(err, loop.Sleep(ctx, time.Hour))
	},
}

const mainVariable = "ASYNCGO_TEST_LOOP_MAIN"

func TestMainIsAWholeProgram(t *testing.T) {
	if name := os.Getenv(mainVariable); name != "" {
		loop.Main(mains[name])
		fmt.Println("returned")
		return
	}
	programs := map[string]struct {
		code   int
		stdout string
		stderr string
	}{
		"well":   {0, "on true\nreturned\n", ""},
		"failed": {1, "", "no bread\n"},
		"panic":  {1, "", "doh"},
		"ctrl-c": {130, "", ""},
	}
	if runtime.GOOS == "windows" {
		delete(programs, "ctrl-c") // no process can send that to itself
	}
	for name, want := range programs {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMainIsAWholeProgram$")
			cmd.Env = append(os.Environ(), mainVariable+"="+name)
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run()
			require.Equal(t, want.code, cmd.ProcessState.ExitCode(), stderr.String())
			require.True(t, strings.HasPrefix(stdout.String(), want.stdout), stdout.String())
			if name == "panic" {
				require.Contains(t, stderr.String(), "doh")
				require.Contains(t, stderr.String(), "shortforms_test.go", "with its stack")
				return
			}
			require.Equal(t, want.stderr, stderr.String())
		})
	}
}

func TestRunMainAndSpawn(t *testing.T) {
	require.ErrorIs(t, loop.RunMain(t.Context(), func(context.Context) error { return errBoom }), errBoom)
	require.NoError(t, loop.RunMain(t.Context(), func(ctx context.Context) error {
		task := loop.Spawn(ctx, func(ctx context.Context) error { return loop.Sleep(ctx, 0) }, loop.WithName("spawned"))
		require.Equal(t, "spawned", task.Name())
		require.ErrorIs(t, outcome(ctx, loop.Spawn(ctx, func(context.Context) error { return errBoom })), errBoom)
		return outcome(ctx, task)
	}))
	require.Error(t, loop.RunMain(t.Context(), nil))
}

func TestEach(t *testing.T) {
	sub(t, "returns the results in the order of the arguments", func(t *testing.T, ctx context.Context) {
		start := time.Now()
		got, err := loop.Each(ctx, []int{3, 1, 2}, func(ctx context.Context, n int) (string, error) {
			return fmt.Sprint(n), loop.Sleep(ctx, time.Duration(n)*tick)
		})
		require.NoError(t, err)
		require.Equal(t, []string{"3", "1", "2"}, got)
		require.Equal(t, 3*tick, time.Since(start), "all at once")
		got, err = loop.Each(ctx, nil, func(context.Context, int) (string, error) { return "", errBoom })
		require.NoError(t, err)
		require.Empty(t, got)
	})
	sub(t, "returns the first error at once, and the others go on", func(t *testing.T, ctx context.Context) {
		done := 0
		_, err := loop.Each(ctx, []int{2, 1}, func(ctx context.Context, n int) (int, error) {
			if err := loop.Sleep(ctx, time.Duration(n)*tick); err != nil {
				return 0, err
			}
			done++
			if n == 1 {
				return 0, errBoom
			}
			return 0, errBang
		})
		require.ErrorIs(t, err, errBoom)
		require.Equal(t, 1, done)
		require.NoError(t, loop.Sleep(ctx, 2*tick))
		require.Equal(t, 2, done)
	})
	sub(t, "is canceled with the task", func(t *testing.T, ctx context.Context) {
		ended := 0
		task := spawn(ctx, func(ctx context.Context) error {
			_, err := loop.Each(ctx, []int{1, 2}, func(ctx context.Context, _ int) (int, error) {
				defer func() { ended++ }()
				return endless(ctx)
			})
			return err
		})
		requireCanceled(t, cancelAfter(t, ctx, tick, task))
		require.Equal(t, 2, ended)
	})
}

func TestCurrent(t *testing.T) {
	run(t, func(ctx context.Context) { require.Equal(t, here(t, ctx), loop.Current(ctx)) })
	defer func() { require.ErrorIs(t, recover().(error), loop.ErrNoLoop) }()
	loop.Current(t.Context())
}

func ExampleEach() {
	squares, err := loop.Run(context.Background(), func(ctx context.Context) ([]int, error) {
		return loop.Each(ctx, []int{1, 2, 3}, func(_ context.Context, x int) (int, error) { return x * x, nil })
	})
	fmt.Println(squares, err)
	// Output: [1 4 9] <nil>
}

func ExampleRunMain() {
	err := loop.RunMain(context.Background(), func(ctx context.Context) error {
		hello := loop.Spawn(ctx, func(context.Context) error { fmt.Println("hello"); return nil })
		return future.WaitAll(ctx, hello)
	})
	fmt.Println(err)
	// Output:
	// hello
	// <nil>
}
