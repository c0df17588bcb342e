package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

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

// pythonPrograms returns the Python programs that can run here, and says what is missing.
// The interpreters of the caller are tried before others.
func pythonPrograms(ctx context.Context, opts measure.Options, first []string) (found []program, missing []string) {
	var before []python
	for _, command := range first {
		before = append(before, python{command, nil})
	}
	for _, p := range []struct {
		name    string
		pythons []python
		needs   []string // modules, one of which will do
		file    string
		arg     string
		section int
	}{
		{"asyncio", newPythons, []string{"asyncio"}, "baseline/loop_baseline.py", "", loopSection},
		{"uvloop", systemPythons, []string{"uvloop"}, "baseline/loop_baseline.py", "uvloop", loopSection},
		{"ThreadPoolExecutor", newPythons, []string{"concurrent.futures.thread"}, "baseline/thread_baseline.py", "", threadSection},
		{"ProcessPoolExecutor", newPythons, []string{"concurrent.futures.process"}, "baseline/pool_baseline.py", "", processSection},
		{"loky", systemPythons, []string{"loky", "joblib.externals.loky"}, "baseline/pool_baseline.py", "loky", processSection},
	} {
		if !wantsAny(opts, p.section) {
			continue
		}
		py, ok := interpreter(ctx, append(before[:len(before):len(before)], p.pythons...), p.needs)
		if !ok {
			missing = append(missing, fmt.Sprintf("%s: no Python here can import %v", p.name, p.needs))
			continue
		}
		command := []string{py.command, p.file}
		if p.arg != "" {
			command = append(command, p.arg)
		}
		env := py.env
		if opts.Quick {
			env = append([]string{"BENCH_QUICK=1"}, env...)
		}
		found = append(found, program{name: p.name, command: command, env: env})
	}
	return found, missing
}

func interpreter(ctx context.Context, pythons []python, modules []string) (python, bool) {
	for _, module := range modules {
		for _, py := range pythons {
			cmd := exec.CommandContext(ctx, py.command, "-c", "import "+module)
			cmd.Env = append(os.Environ(), py.env...)
			if cmd.Run() == nil {
				return py, true
			}
		}
	}
	return python{}, false
}
