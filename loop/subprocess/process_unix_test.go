//go:build unix

package subprocess_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
)

var terminating = []os.Signal{syscall.SIGTERM}

func TestKill(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "block")
		s.OK(p.Kill())
		exits(s, p, -int(syscall.SIGKILL))
		require.ErrorIs(t, p.Kill(), os.ErrProcessDone)
		require.ErrorIs(t, p.Terminate(), os.ErrProcessDone)
		require.ErrorIs(t, p.SendSignal(syscall.SIGTERM), os.ErrProcessDone)
		require.ErrorIs(t, p.KillGroup(), os.ErrProcessDone)
		require.Regexp(t, `^<Process \d+ exited -9>$`, p.String())
		require.True(t, p.State().Sys().(syscall.WaitStatus).Signaled())
	})
}

// The shell's second command holds the pipe; that must not hold up a wait for the
// shell.
func TestKillOfAShellWithAChild(t *testing.T) {
	onLoop(t, func(s *scene) {
		p, err := subprocess.Shell(s.Ctx, subprocess.Options{Stdout: subprocess.Pipe}, "(echo ready; exec sleep 100); sleep 100")
		s.OK(err)
		ready(s, p)
		s.OK(p.Kill())
		exits(s, p, -int(syscall.SIGKILL))
		s.OK(p.KillGroup()) // the sleep that is left
		rest, err := p.Stdout.ReadAll(s.Ctx)
		s.OK(err)
		require.Empty(t, rest)
	})
}

func TestTerminate(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "block")
		ready(s, p)
		s.OK(p.Terminate())
		exits(s, p, -int(syscall.SIGTERM))
	})
}

func TestSendSignal(t *testing.T) {
	onLoop(t, func(s *scene) {
		p, err := subprocess.Shell(s.Ctx, subprocess.Options{Stdout: subprocess.Pipe}, "echo ready; exec sleep 100")
		s.OK(err)
		ready(s, p)
		// Not one that may be ignored here, as SIGHUP is under nohup: that is inherited.
		s.OK(p.SendSignal(syscall.SIGALRM))
		exits(s, p, -int(syscall.SIGALRM))
	})
}

// A signal and the end of a process may come at the same time.
func TestASignalAtTheEnd(t *testing.T) {
	onLoop(t, func(s *scene) {
		for range 10 {
			p := run(s.Ctx, s, subprocess.Options{}, "exit", "0")
			for {
				if err := p.SendSignal(syscall.Signal(0)); err != nil {
					require.ErrorIs(t, err, os.ErrProcessDone)
					break
				}
				s.Turn()
			}
			exits(s, p, 0)
		}
	})
}

func TestNewSession(t *testing.T) {
	onLoop(t, func(s *scene) {
		p, err := subprocess.Shell(s.Ctx, subprocess.Options{NewSession: true}, "exit 8")
		s.OK(err)
		exits(s, p, 8)
	})
}

func TestTheGroup(t *testing.T) {
	t.Run("is killed whole", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, pipes, "family", "stubborn")
			ready(s, p)
			ready(s, p)
			s.OK(p.TerminateGroup()) // which they ignore
			s.OK(p.KillGroup())
			exits(s, p, -int(syscall.SIGKILL))
			_, err := p.Stdout.ReadAll(s.Ctx) // ends when all have ended
			s.OK(err)
		})
	})
	t.Run("can be killed when the process itself has exited", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, pipes, "orphan", "block")
			exits(s, p, 0)
			ready(s, p)
			s.OK(p.KillGroup())
			_, err := p.Stdout.ReadAll(s.Ctx)
			s.OK(err)
		})
	})
	t.Run("may be shared", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, subprocess.Options{Stdout: subprocess.Pipe, ShareGroup: true}, "block")
			group, err := syscall.Getpgid(p.Pid)
			s.OK(err)
			require.Equal(t, syscall.Getpgrp(), group)
			require.ErrorIs(t, p.KillGroup(), subprocess.ErrNoGroup)
			s.OK(p.Close())
			exits(s, p, -int(syscall.SIGKILL))
		})
	})
}

// What ends a process that ignores the request to terminate, and its child as well.
func TestTheEndOfItsContextEndsTheProcess(t *testing.T) {
	quick := pipes
	quick.Grace = 10 * time.Millisecond
	t.Run("a cancellation of the task", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			var p *subprocess.Process
			started := make(chan struct{})
			task := s.Spawn(func(ctx context.Context) error {
				p = run(ctx, s, quick, "family", "stubborn")
				close(started)
				_, err := p.Wait(ctx)
				return err
			})
			_, err := loop.ToThread(s.Ctx, func(context.Context) (struct{}, error) { <-started; return struct{}{}, nil }).Await(s.Ctx)
			s.OK(err)
			ready(s, p)
			ready(s, p)
			task.Cancel()
			require.ErrorIs(t, s.AwaitErr(task), context.Canceled)
			exits(s, p, -int(syscall.SIGKILL))
			_, err = p.Stdout.ReadAll(s.Ctx)
			s.OK(err)
		})
	})
	t.Run("a timeout", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			var p *subprocess.Process
			limit := loop.NewTimeoutAt(time.Time{})
			err := limit.Do(s.Ctx, func(ctx context.Context) error {
				p = run(ctx, s, quick, "stubborn")
				ready(s, p) // or the request to terminate comes before it ignores that
				s.OK(limit.Reschedule(time.Now().Add(10 * time.Millisecond)))
				_, _, err := p.Communicate(ctx, nil)
				return err
			})
			require.ErrorIs(t, err, loop.ErrTimeout)
			exits(s, p, -int(syscall.SIGKILL))
		})
	})
	t.Run("with time to clean up", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			ctx, cancel := context.WithCancel(s.Ctx)
			p := run(ctx, s, pipes, "polite")
			ready(s, p)
			cancel()
			exits(s, p, 3)
			rest, err := p.Stdout.ReadAll(s.Ctx)
			s.OK(err)
			require.Equal(t, "cleaned up\n", string(rest))
		})
	})
	t.Run("without any", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			ctx, cancel := context.WithCancel(s.Ctx)
			p := run(ctx, s, subprocess.Options{Stdout: subprocess.Pipe, Grace: -1}, "polite")
			ready(s, p)
			cancel()
			exits(s, p, -int(syscall.SIGKILL))
		})
	})
	t.Run("not of a wait, and not once it has exited", func(t *testing.T) {
		onLoop(t, func(s *scene) {
			p := run(s.Ctx, s, pipes, "block")
			ready(s, p)
			err := loop.Timeout(s.Ctx, time.Millisecond, func(ctx context.Context) error { _, err := p.Wait(ctx); return err })
			require.ErrorIs(t, err, loop.ErrTimeout)
			_, over := p.ReturnCode()
			require.False(t, over)
			require.Regexp(t, `^<Process \d+ running>$`, p.String())
			require.Nil(t, p.State())
			s.OK(p.Kill())
			exits(s, p, -int(syscall.SIGKILL))
		})
	})
	t.Run("in a goroutine", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		name, args := as("block")
		p, err := subprocess.Exec(ctx, pipes, name, args...)
		require.NoError(t, err)
		line, err := p.Stdout.ReadLine(t.Context())
		require.NoError(t, err)
		require.Equal(t, "ready\n", string(line))
		cancel()
		code, err := p.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, -int(syscall.SIGTERM), code)
	})
}

func TestTheEndOfTheLoopKillsWhatRuns(t *testing.T) {
	var p *subprocess.Process
	onLoop(t, func(s *scene) {
		p = run(context.WithoutCancel(s.Ctx), s, pipes, "family", "stubborn")
		ready(s, p)
		ready(s, p)
	})
	code, err := p.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, -int(syscall.SIGKILL), code)
	_, err = p.Stdout.ReadAll(t.Context())
	require.NoError(t, err)
}

func TestALoopThatClosesWhileAProcessStarts(t *testing.T) {
	for range 10 {
		looptest.Doomed(t, func(ctx context.Context) error {
			name, args := as("block")
			_, err := subprocess.Exec(ctx, pipes, name, args...)
			return err
		})()
	}
}

func TestCancelingTheStart(t *testing.T) {
	onLoop(t, func(s *scene) {
		for range 10 {
			task := s.Spawn(func(ctx context.Context) error {
				name, args := as("block")
				p, err := subprocess.Exec(ctx, pipes, name, args...)
				if err != nil {
					return err
				}
				_, err = p.Wait(ctx)
				return err
			})
			s.Soon(func() { task.Cancel() })
			require.Error(t, s.AwaitErr(task))
		}
	})
}

func TestClose(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "family", "stubborn")
		ready(s, p)
		ready(s, p)
		s.OK(p.Close())
		s.OK(p.Close())
		exits(s, p, -int(syscall.SIGKILL))
		s.OK(p.Close())
	})
}

// The number of a process that has exited may be another's.
func TestCloseKillsNothingThatHasExited(t *testing.T) {
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "block")
		ready(s, p)
		s.OK(syscall.Kill(p.Pid, syscall.SIGKILL))
		exits(s, p, -int(syscall.SIGKILL))
		require.ErrorIs(t, p.SignalGroup(syscall.Signal(0)), os.ErrProcessDone)
		s.OK(p.Close())
	})
}

func TestStandardInputIsABrokenPipe(t *testing.T) {
	onLoop(t, func(s *scene) {
		from, to, err := os.Pipe()
		s.OK(err)
		p := run(s.Ctx, s, subprocess.Options{Stdin: subprocess.Pipe, ExtraFiles: []*os.File{from}}, "read")
		s.OK(from.Close())
		_, err = p.Stdin.Write(make([]byte, 1<<22)) // more than the pipe takes
		s.OK(err)
		_, err = to.WriteString("go")
		s.OK(err)
		require.Error(t, p.Stdin.Drain(s.Ctx))
		exits(s, p, 0)
		s.OK(to.Close())
	})
}

func TestTheFileOfTheStandardInput(t *testing.T) {
	if _, err := os.Stat("/dev/stdin"); err != nil {
		return // there is none on this system
	}
	onLoop(t, func(s *scene) {
		p := run(s.Ctx, s, pipes, "open")
		out, _, err := p.Communicate(s.Ctx, []byte("abc"))
		s.OK(err)
		require.Equal(t, "3\n", string(out))
	})
}

func TestPrepare(t *testing.T) {
	onLoop(t, func(s *scene) {
		opts := subprocess.Options{Stdout: subprocess.Pipe, Prepare: func(cmd *exec.Cmd) { cmd.Args = append(cmd.Args, "prepared", "") }}
		p := run(s.Ctx, s, opts, "print")
		out, _, err := p.Communicate(s.Ctx, nil)
		s.OK(err)
		require.Equal(t, "prepared", string(out))
		require.Contains(t, p.Cmd().Args, "prepared")
	})
}
