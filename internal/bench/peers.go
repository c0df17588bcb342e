package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// A program prints rows, one JSON line each.
type program struct {
	name    string
	loop    bool // it measures the rows of the loop, otherwise those of pools
	command []string
	env     []string
}

// rows runs the program and returns what it measured.
func (p program) rows(ctx context.Context) ([]row, error) {
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startPrecise(cmd); err != nil {
		return nil, err
	}
	var rows []row
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err == nil && r.Row != "" {
			rows = append(rows, r)
		}
	}
	return rows, cmd.Wait()
}

// startPrecise starts a program whose threads wake on time: all of them, so that
// the rows which sleep compare like with like.
func startPrecise(cmd *exec.Cmd) error {
	runtime.LockOSThread() // a process inherits from the thread that starts it
	defer runtime.UnlockOSThread()
	preciseTimers()
	return cmd.Start()
}

// A python is a way to start an interpreter.
type python struct {
	command string
	env     []string
}

// Interpreters in the order in which they are tried. pyenv's shims need to be
// told which version they stand for.
var (
	newPythons    = []python{{"python3.13", nil}, {"python3.13", []string{"PYENV_VERSION=3.13.0"}}, {"python3", nil}}
	systemPythons = []python{{"/usr/bin/python3", nil}, {"python3", nil}}
)

// peers returns the Python programs that can run here, and says what is missing.
func peers(ctx context.Context) (found []program, missing []string) {
	for _, p := range []struct {
		name    string
		pythons []python
		needs   string // a module
		file    string
		arg     string
		loop    bool
	}{
		{"asyncio", newPythons, "asyncio", "baseline/loop_baseline.py", "", true},
		{"uvloop", systemPythons, "uvloop", "baseline/loop_baseline.py", "uvloop", true},
		{"ProcessPoolExecutor", newPythons, "concurrent.futures.process", "baseline/pool_baseline.py", "", false},
		{"loky", systemPythons, "joblib.externals.loky", "baseline/pool_baseline.py", "loky", false},
	} {
		py, ok := interpreter(ctx, p.pythons, p.needs)
		if !ok {
			missing = append(missing, fmt.Sprintf("%s: no Python here can import %s", p.name, p.needs))
			continue
		}
		command := []string{py.command, p.file}
		if p.arg != "" {
			command = append(command, p.arg)
		}
		found = append(found, program{p.name, p.loop, command, py.env})
	}
	return found, missing
}

func interpreter(ctx context.Context, pythons []python, module string) (python, bool) {
	for _, py := range pythons {
		cmd := exec.CommandContext(ctx, py.command, "-c", "import "+module)
		cmd.Env = append(os.Environ(), py.env...)
		if cmd.Run() == nil {
			return py, true
		}
	}
	return python{}, false
}

// ours returns this program's own part of the comparison.
func ours(opts options) ([]program, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var args []string
	if opts.quick {
		args = append(args, "-quick")
	}
	if opts.only != nil {
		args = append(args, "-rows", opts.only.String())
	}
	part := func(name string, loop bool) program {
		return program{name: name, loop: loop, command: append([]string{self, name}, args...)}
	}
	return []program{part("loop", true), part("pool", false), part("plain", true)}, nil
}

// commit says which state of the library is measured.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown commit"
	}
	return "commit " + strings.TrimSpace(string(out))
}

// machine says what kind of machine this is.
func machine() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown processor"
}
