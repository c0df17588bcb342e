package subprocess_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
)

func TestStandardStreams(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "cat")
		require.Nil(t, p.Stderr)
		_, err := p.Stdin.WriteString("some data")
		s.OK(err)
		s.OK(p.Stdin.Drain(s.Ctx))
		s.OK(p.Stdin.Close())
		data, err := p.Stdout.ReadAll(s.Ctx)
		s.OK(err)
		require.Equal(t, "some data", string(data))
		exits(s, p, 0)
		s.OK(p.Stdin.WaitClosed(s.Ctx))
	})
}

func TestCommunicate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		child string
		input string
		want  string
	}{
		{"input and output", "cat", "some data", "some data"},
		{"no input", "cat", "", ""},
		{"the input is closed", "count", "abc", "3\n"},
		{"empty input is closed too", "count", "", "0\n"},
	} {
		communicate := func(ctx context.Context) (string, int, error) {
			name, args := as(tt.child)
			p, err := subprocess.Exec(ctx, pipes, name, args...)
			if err != nil {
				return "", 0, err
			}
			out, _, err := p.Communicate(ctx, []byte(tt.input))
			code, over := p.ReturnCode()
			if !over {
				code = -1
			}
			return string(out), code, err
		}
		t.Run(tt.name, func(t *testing.T) {
			onLoop(t, func(s *scene) {
				out, code, err := communicate(s.Ctx)
				s.OK(err)
				require.Equal(t, tt.want, out)
				require.Zero(t, code)
			})
		})
		t.Run(tt.name+", in a goroutine", func(t *testing.T) {
			out, code, err := communicate(t.Context())
			require.NoError(t, err)
			require.Equal(t, tt.want, out)
			require.Zero(t, code)
		})
	}
	t.Run("input that is not taken", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdin: subprocess.Pipe}, "exit", "0")
			_, _, err := p.Communicate(s.Ctx, make([]byte, 1<<22))
			s.OK(err)
			exits(s, p, 0)
		})
	})
	t.Run("input without a pipe", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdin: subprocess.DevNull}, "exit", "0")
			_, _, err := p.Communicate(s.Ctx, []byte("input"))
			require.ErrorIs(t, err, subprocess.ErrNoPipe)
			exits(s, p, 0)
		})
	})
	t.Run("many at once", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			words := strings.Fields("zero one two three four five six seven eight nine")
			outs, err := loop.Each(s.Ctx, words, func(ctx context.Context, word string) (string, error) {
				p := run(ctx, s, subprocess.Options{Stdout: subprocess.Pipe}, "print", word, "")
				out, _, err := p.Communicate(ctx, nil)
				return string(out), err
			})
			s.OK(err)
			require.Equal(t, words, outs)
		})
	})
	t.Run("it is canceled", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			ctx, cancel := context.WithCancel(s.Ctx)
			defer cancel()
			p := run(s.Ctx, s, pipes, "block")
			for p.Stdout.Buffered() == 0 {
				s.Turn()
			}
			task := loop.CreateTask(s.Ctx, func(context.Context) (string, error) {
				out, _, err := p.Communicate(ctx, nil)
				return string(out), err
			})
			for p.Stdout.Buffered() > 0 {
				s.Turn()
			}
			cancel()
			_, err := task.Await(s.Ctx)
			require.ErrorIs(t, err, context.Canceled)
			s.OK(p.Close())
		})
	})
}

func TestShell(t *testing.T) {
	onLoop(t, func(s *scene) {
		p, err := subprocess.Shell(s.Ctx, subprocess.Options{}, "exit 7")
		s.OK(err)
		exits(s, p, 7)
	})
}

func TestRedirect(t *testing.T) {
	t.Run("no input", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdin: subprocess.DevNull, Stdout: subprocess.Pipe}, "count")
			require.Nil(t, p.Stdin)
			out, _, err := p.Communicate(s.Ctx, nil)
			s.OK(err)
			require.Equal(t, "0\n", string(out))
		})
	})
	t.Run("no output", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdout: subprocess.DevNull, Stderr: subprocess.Pipe}, "print", "out", "err")
			require.Nil(t, p.Stdout)
			out, errs, err := p.Communicate(s.Ctx, nil)
			s.OK(err)
			require.Nil(t, out)
			require.Equal(t, "err", string(errs))
		})
	})
	t.Run("no standard error", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdout: subprocess.Pipe, Stderr: subprocess.DevNull}, "print", "out", "err")
			require.Nil(t, p.Stderr)
			out, errs, err := p.Communicate(s.Ctx, nil)
			s.OK(err)
			require.Equal(t, "out", string(out))
			require.Nil(t, errs)
		})
	})
	t.Run("the standard error to the output", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdout: subprocess.Pipe, Stderr: subprocess.Stdout}, "print", "out", "err")
			out, _, err := p.Communicate(s.Ctx, nil)
			s.OK(err)
			require.Equal(t, "outerr", string(out))
		})
	})
	t.Run("to a file", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			path := filepath.Join(t.TempDir(), "out")
			file, err := os.Create(path)
			s.OK(err)
			p := run(s.Ctx, s, subprocess.Options{Stdout: subprocess.File(file), Stderr: subprocess.DevNull}, "print", "out", "err")
			exits(s, p, 0)
			s.OK(file.Close())
			data, err := os.ReadFile(path)
			s.OK(err)
			require.Equal(t, "out", string(data))
		})
	})
	t.Run("that makes no sense", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			for _, opts := range []subprocess.Options{{Stdin: subprocess.Stdout}, {Stdout: subprocess.Stdout}} {
				_, err := subprocess.Exec(s.Ctx, opts, os.Args[0])
				require.ErrorIs(t, err, subprocess.ErrRedirect)
			}
			_, err := subprocess.Exec(s.Ctx, subprocess.Options{Limit: -1}, os.Args[0])
			require.ErrorIs(t, err, stream.ErrLimit)
		})
	})
}

// The pipe holds less than the process writes, and the Reader less than the pipe.
func TestOutputIsHeldBackUntilItIsRead(t *testing.T) {
	onLoop(t, func(s *scene) {
		const size = 1 << 20
		p := run(s.Ctx, s, subprocess.Options{Stdin: subprocess.Pipe, Stdout: subprocess.Pipe, Limit: 10}, "flood", "1048576")
		for p.Stdout.Buffered() <= 20 {
			s.Turn()
		}
		s.Turns(100)
		require.LessOrEqual(t, p.Stdout.Buffered(), 30)
		_, over := p.ReturnCode()
		require.False(t, over)
		out, _, err := p.Communicate(s.Ctx, nil)
		s.OK(err)
		require.Len(t, out, size)
		exits(s, p, 1)
	})
}

func TestOutputIsThereAfterTheProcessHasExited(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "flood", "4096")
		exits(s, p, 1)
		out, err := p.Stdout.ReadAll(s.Ctx)
		s.OK(err)
		require.Len(t, out, 4096)
	})
}

func TestOutputThatNobodyReads(t *testing.T) {
	onLoop(t, func(s *scene) { // TestMain looks for the pipe and the goroutine
		p := run(s.Ctx, s, subprocess.Options{Stdout: subprocess.Pipe, Limit: 10}, "flood", "4096")
		exits(s, p, 1)
	})
}

func TestCancelAWait(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "block")
		task := s.Spawn(func(ctx context.Context) error { _, err := p.Wait(ctx); return err })
		s.Soon(func() { task.Cancel() })
		require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
		task.Cancel()
		s.OK(p.Kill())
		_, err := p.Wait(s.Ctx)
		s.OK(err)
	})
}

func TestManyWait(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "cat")
		var tasks []*loop.Task[int]
		for range 10 {
			tasks = append(tasks, loop.CreateTask(s.Ctx, p.Wait))
		}
		s.Turn()
		_, _, err := p.Communicate(s.Ctx, []byte("some data"))
		s.OK(err)
		codes, err := future.Gather(tasks...).Await(s.Ctx)
		s.OK(err)
		require.Equal(t, make([]int, 10), codes)
		again := loop.CreateTask(s.Ctx, p.Wait)
		s.Turn()
		code, err := again.Result()
		s.OK(err)
		require.Zero(t, code, "it does not wait any more")
	})
}

func TestAProgramThatDoesNotStart(t *testing.T) {
	onLoop(t, func(s *scene) {
		for _, opts := range []subprocess.Options{{}, {Stdin: subprocess.Pipe, Stdout: subprocess.Pipe, Stderr: subprocess.Pipe}} {
			_, err := subprocess.Exec(s.Ctx, opts, "no-such-program-anywhere")
			require.ErrorIs(t, err, exec.ErrNotFound)
			_, err = subprocess.Exec(s.Ctx, opts, filepath.Join(t.TempDir(), "none"))
			if runtime.GOOS == "windows" { // where a program may have one of several extensions
				require.ErrorIs(t, err, exec.ErrNotFound)
			} else {
				require.ErrorIs(t, err, os.ErrNotExist)
			}
		}
	})
}

func TestADoneContextStartsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := subprocess.Exec(ctx, subprocess.Options{}, os.Args[0])
	require.ErrorIs(t, err, context.Canceled)
}

func TestACallbackCannotStartAProcess(t *testing.T) {
	onLoop(t, func(s *scene) {
		var err error
		s.Soon(func() { _, err = subprocess.Exec(s.Ctx, subprocess.Options{}, os.Args[0]) })
		s.Turn()
		require.ErrorIs(t, err, loop.ErrWouldBlock)
	})
}

func TestEnvironmentAndDirectory(t *testing.T) {
	onLoop(t, func(s *scene) {
		opts := subprocess.Options{Stdout: subprocess.Pipe, Env: append(os.Environ(), "FOO=bar"), Dir: t.TempDir()}
		p := run(s.Ctx, s, opts, "env", "FOO")
		out, _, err := p.Communicate(s.Ctx, nil)
		s.OK(err)
		require.Equal(t, "bar", string(out))
		p = run(s.Ctx, s, opts, "where")
		out, _, err = p.Communicate(s.Ctx, nil)
		s.OK(err)
		want, err := filepath.EvalSymlinks(opts.Dir)
		s.OK(err)
		got, err := filepath.EvalSymlinks(string(out))
		s.OK(err)
		require.Equal(t, want, got)
	})
}
