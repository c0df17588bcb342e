package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/subprocess"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var (
	inAndOut = subprocess.Options{Stdin: subprocess.Pipe, Stdout: subprocess.Pipe}
	toPipe   = subprocess.Options{Stdout: subprocess.Pipe}
)

func (s *syncScene) exec(opts subprocess.Options, name string, args ...string) *subprocess.Process {
	p, err := subprocess.Exec(s.ctx, opts, name, args...)
	s.must(err)
	return p
}

func (s *syncScene) shell(opts subprocess.Options, line string) *subprocess.Process {
	p, err := subprocess.Shell(s.ctx, opts, line)
	s.must(err)
	return p
}

// communicate returns the two outputs and the return code, which is there by then.
func (s *syncScene) communicate(p *subprocess.Process, input []byte) (out, errs []byte, code int) {
	out, errs, err := p.Communicate(s.ctx, input)
	s.must(err)
	code, _ = p.ReturnCode()
	return out, errs, code
}

func (s *syncScene) wait(p *subprocess.Process) int {
	code, err := p.Wait(s.ctx)
	s.must(err)
	return code
}

func running(p *subprocess.Process) string {
	_, over := p.ReturnCode()
	return yes(!over)
}

// noneOr is Python's None for what is no pipe.
func noneOr(data []byte) string {
	if data == nil {
		return "none"
	}
	return string(data)
}

var _ = ioPort("subprocess/01-communicate", func(s *syncScene) {
	out, errs, code := s.communicate(s.exec(inAndOut, "cat"), []byte("some data"))
	s.Print("cat:", string(out), "/ errors:", noneOr(errs), "/ code:", code)
	p := s.exec(subprocess.Options{Stdout: subprocess.Pipe, Stderr: subprocess.Pipe}, "sh", "-c", "echo out; echo err >&2; exit 3")
	out, errs, code = s.communicate(p, nil)
	s.Print("both:", strings.TrimSpace(string(out)), strings.TrimSpace(string(errs)), "/ code:", code)
	out, _, code = s.communicate(s.exec(inAndOut, "cat"), nil)
	s.Print("no input:", len(out), "bytes / code:", code)
	big := bytes.Repeat([]byte("0123456789"), 100_000)
	out, _, code = s.communicate(s.exec(inAndOut, "cat"), big)
	same := "different"
	if bytes.Equal(out, big) {
		same = "same"
	}
	s.Print("big:", same, "/ code:", code)
	_, _, code = s.communicate(s.exec(subprocess.Options{Stdin: subprocess.Pipe, Stdout: subprocess.DevNull}, "true"), big)
	s.Print("input that is not taken, code:", code)
})

var _ = ioPort("subprocess/02-return-codes", func(s *syncScene) {
	for _, code := range []int{0, 7, 255} {
		s.Print("exit", code, "->", s.wait(s.shell(subprocess.Options{}, "exit "+strconv.Itoa(code))))
	}
	sleeping := func() (*subprocess.Process, string) {
		p := s.exec(toPipe, "sh", "-c", "echo ready; exec sleep 600")
		s.got(p.Stdout.ReadLine(s.ctx))
		return p, running(p)
	}
	p, was := sleeping()
	s.must(p.Terminate())
	s.Print("running:", was, "terminate ->", s.wait(p))
	p, was = sleeping()
	s.must(p.Kill())
	s.Print("running:", was, "kill ->", s.wait(p))
	p, was = sleeping()
	s.must(p.SendSignal(syscall.SIGALRM))
	s.Print("running:", was, "alarm ->", s.wait(p), "/ again:", s.wait(p))
	for _, call := range []struct {
		name string
		err  error
	}{{"terminate", p.Terminate()}, {"kill", p.Kill()}, {"send_signal", p.SendSignal(syscall.SIGALRM)}} {
		if errors.Is(call.err, os.ErrProcessDone) {
			s.Print(call.name, "process-over")
		}
	}
})

var _ = ioPort("subprocess/03-redirect", func(s *syncScene) {
	const both = "echo out; echo err >&2"
	out, errs, _ := s.communicate(s.shell(subprocess.Options{Stdout: subprocess.Pipe, Stderr: subprocess.Stdout}, both), nil)
	s.Print("merged:", words(strings.Fields(string(out))), "/ errors:", noneOr(errs))
	p := s.shell(subprocess.Options{Stdout: subprocess.DevNull, Stderr: subprocess.Pipe}, both)
	out, errs, _ = s.communicate(p, nil)
	s.Print("only errors:", strings.TrimSpace(string(errs)), "/ output:", noneOr(out))
	kind := func(pipe bool) string {
		if pipe {
			return "pipe"
		}
		return "none"
	}
	s.Print("streams:", kind(p.Stdin != nil), kind(p.Stdout != nil), kind(p.Stderr != nil))
	out, _, _ = s.communicate(s.exec(subprocess.Options{Stdin: subprocess.DevNull, Stdout: subprocess.Pipe}, "wc", "-c"), nil)
	s.Print("no input:", strings.TrimSpace(string(out)))
	file, err := os.Create(filepath.Join(s.TempDir(), "out"))
	s.must(err)
	defer file.Close()
	code := s.wait(s.shell(subprocess.Options{Stdout: subprocess.File(file)}, "echo to a file"))
	data, err := os.ReadFile(file.Name())
	s.must(err)
	s.Print("file:", strings.TrimSpace(string(data)), "/ code:", code)
})

var _ = ioPort("subprocess/04-cancel-a-wait", func(s *syncScene) {
	p := s.exec(inAndOut, "cat")
	task := loop.CreateTask(s.ctx, p.Wait)
	s.sleep(0)
	task.Cancel()
	if _, err := task.Await(s.ctx); future.IsCanceled(err) {
		s.Print("wait: cancelled / running:", running(p))
	}
	const moment = 10 * time.Millisecond
	err := loop.Timeout(s.ctx, moment, func(ctx context.Context) error { _, err := p.Wait(ctx); return err })
	if errors.Is(err, loop.ErrTimeout) {
		s.Print("wait: timeout / running:", running(p))
	}
	err = loop.Timeout(s.ctx, moment, func(ctx context.Context) error { _, err := p.Stdout.ReadLine(ctx); return err })
	if errors.Is(err, loop.ErrTimeout) {
		s.Print("read: timeout")
	}
	s.write(p.Stdin, "still there\n")
	s.Print("line:", strings.TrimSpace(s.got(p.Stdout.ReadLine(s.ctx))))
	var waits []*loop.Task[int]
	for range 5 {
		waits = append(waits, loop.CreateTask(s.ctx, p.Wait))
	}
	_ = p.Stdin.Close()
	codes, err := future.Gather(waits...).Await(s.ctx)
	s.must(err)
	s.Print("codes:", words(codes))
})

var _ = ioPort("subprocess/05-environment", func(s *syncScene) {
	output := func(p *subprocess.Process) string {
		out, _, _ := s.communicate(p, nil)
		return strings.TrimSpace(string(out))
	}
	foo := subprocess.Options{Stdout: subprocess.Pipe, Env: append(os.Environ(), "FOO=bar baz")}
	s.Print("exec:", output(s.exec(foo, "sh", "-c", "echo $FOO")))
	s.Print("shell:", output(s.shell(foo, "echo $FOO | tr a-z A-Z")))
	s.Print("no shell:", output(s.exec(foo, "echo", "$FOO", "*")))
	s.Print("directory:", output(s.exec(subprocess.Options{Stdout: subprocess.Pipe, Dir: "/"}, "pwd")))
	s.Print("nothing else:", output(s.exec(subprocess.Options{Stdout: subprocess.Pipe, Env: []string{"ONLY=this"}}, "/usr/bin/env")))
})

var _ = ioPort("subprocess/06-refusals", func(s *syncScene) {
	attempt := func(what string, p *subprocess.Process, err error) {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
			s.Print(what, "-> not-found")
		case errors.Is(err, fs.ErrPermission):
			s.Print(what, "-> not permitted")
		default:
			s.must(err)
			s.Print(what, "-> started, code", s.wait(p))
		}
	}
	p, err := subprocess.Exec(s.ctx, subprocess.Options{}, "no-such-program-anywhere")
	attempt("no such program", p, err)
	p, err = subprocess.Exec(s.ctx, subprocess.Options{Stdin: subprocess.Pipe, Stdout: subprocess.Pipe, Stderr: subprocess.Pipe}, "/no/such/program")
	attempt("with pipes", p, err)
	p, err = subprocess.Exec(s.ctx, subprocess.Options{Dir: "/no/such/directory"}, "true")
	attempt("no such directory", p, err)
	path := filepath.Join(s.TempDir(), "file")
	s.must(os.WriteFile(path, nil, 0o600))
	p, err = subprocess.Exec(s.ctx, subprocess.Options{}, path)
	attempt("not executable", p, err)
	p, err = subprocess.Shell(s.ctx, subprocess.Options{}, "no-such-program-anywhere 2>/dev/null")
	attempt("by the shell", p, err)
	p, err = subprocess.Exec(s.ctx, subprocess.Options{}, "true")
	attempt("a good one", p, err)
})

var _ = ioPort("subprocess/07-live-output", func(s *syncScene) {
	const script = `echo hello; while read name; do echo "got $name"; done; echo bye; exit 4`
	p := s.exec(inAndOut, "sh", "-c", script)
	s.Print("line:", strings.TrimSpace(s.got(p.Stdout.ReadLine(s.ctx))))
	for _, word := range []string{"one", "two", "three"} {
		s.write(p.Stdin, word+"\n")
		s.must(p.Stdin.Drain(s.ctx))
		s.Print("line:", strings.TrimSpace(s.got(p.Stdout.ReadLine(s.ctx))))
	}
	s.Print("running:", running(p))
	_ = p.Stdin.Close()
	s.must(p.Stdin.WaitClosed(s.ctx))
	for line, err := range p.Stdout.Lines(s.ctx) {
		s.must(err)
		s.Print("line:", strings.TrimSpace(string(line)))
	}
	s.Print("code:", s.wait(p), "/ at end:", yes(p.Stdout.AtEOF()))
})

var _ = ioPort("subprocess/08-many", func(s *syncScene) {
	limit := syncs.NewSemaphore(3)
	now, most := 0, 0
	numbers := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	squares, err := loop.Each(s.ctx, numbers, func(ctx context.Context, n int) (square string, err error) {
		err = syncs.With(ctx, limit, func() error {
			now++
			most = max(most, now)
			p, err := subprocess.Exec(ctx, toPipe, "expr", strconv.Itoa(n), "*", strconv.Itoa(n))
			if err != nil {
				return err
			}
			out, _, err := p.Communicate(ctx, nil)
			now--
			square = strings.TrimSpace(string(out))
			return err
		})
		return square, err
	})
	s.must(err)
	s.Print("squares:", words(squares))
	s.Print("at once:", most)
})
