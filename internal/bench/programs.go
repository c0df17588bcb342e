package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/seed-1b9fde7b/asyncgo/internal/bench/measure"
)

// A program prints rows, one JSON line each.
type program struct {
	name    string
	command []string
	env     []string
	rounds  int // it runs in so many rounds at most; 0 means all
}

// rows runs the program and returns what it measured.
func (p program) rows(ctx context.Context) ([]measure.Row, error) {
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
	var rows []measure.Row
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var r measure.Row
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

// The sections of the catalog.
const (
	loopSection = iota
	threadSection
	processSection
)

// programs returns what compare is to run, in the order in which it runs, and says what
// is missing. What is compared most stands side by side.
func programs(ctx context.Context, opts measure.Options, pythons []string) (all []program, missing []string, clean func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, nil, nil, err
	}
	clean = func() { _ = os.RemoveAll(folder) }
	others := filepath.Join(folder, "gopeers")
	if runtime.GOOS == "windows" {
		others += ".exe"
	}
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", others, "./gopeers").CombinedOutput(); err != nil {
		clean()
		return nil, nil, nil, fmt.Errorf("go build ./gopeers: %w\n%s", err, text)
	}
	part := func(command, name string, sections ...int) {
		if wantsAny(opts, sections...) {
			args := append([]string{command, name}, opts.Args()...)
			if name == "plugin" || command == self {
				all = append(all, program{name: name, command: args})
			} else {
				all = append(all, program{name: name + " of other Go modules", command: args})
			}
		}
	}
	part(self, "threads", threadSection)
	part(others, "threads", threadSection)
	part(self, "loop", loopSection)
	part(self, "plain", loopSection)
	part(others, "loop", loopSection)
	part(self, "pool", processSection)
	part(self, "limits", loopSection, threadSection, processSection)
	part(others, "plugin", processSection)
	found, missing := pythonPrograms(ctx, opts, pythons)
	all = append(all, found...)
	all = append(all, program{name: "scale", command: append([]string{self, "scale"}, opts.Args()...), rounds: scaleRounds})
	return all, missing, clean, nil
}
