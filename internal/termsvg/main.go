//go:build linux

// Command termsvg records what programs of this repository print on a terminal, as
// pictures for the documentation:
//
//	go run ./internal/termsvg            # all of them, into docs/img
//	go run ./internal/termsvg wordcount  # one of them
//
// A picture moves as the program did, shows its last state where nothing can move or the
// reader wants it so, and is readable on light and on dark paper.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A recording is a program, the arguments it gets, and what is typed to run it.
type recording struct {
	name, folder, typed string
	args                []string
}

// recordings are those of docs/img.
var recordings = []recording{
	{"wordcount", "./examples/wordcount", "go run ./examples/wordcount $(go env GOROOT)/src", []string{"-workers", "4", "$GOROOT/src"}},
	{"cluster", "./executor/natsexec/examples/cluster", "go run ./executor/natsexec/examples/cluster -kill -check", []string{"-kill", "-check"}},
}

func main() {
	for _, r := range recordings {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], r.name) {
			continue
		}
		if err := r.write(filepath.Join("docs", "img", r.name+".svg")); err != nil {
			fmt.Fprintln(os.Stderr, "termsvg:", err)
			os.Exit(1)
		}
	}
}

func (r recording) write(file string) error {
	frames, err := r.run(context.Background(), ".")
	if err != nil {
		return err
	}
	return os.WriteFile(file, draw(r.typed, frames), 0o644) //nolint:gosec // a picture for all
}

// run builds the program, in the root of the repository, runs it there, and returns what
// was on its terminal.
func (r recording) run(ctx context.Context, root string) ([]frame, error) {
	folder, err := os.MkdirTemp("", "termsvg")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, r.name)
	build := exec.CommandContext(ctx, "go", "build", "-o", program, r.folder)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	args := slices.Clone(r.args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$GOROOT", strings.TrimSpace(string(goroot)))
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = root
	begun := time.Now()
	s := &screen{}
	var frames []frame
	err = onTerminal(cmd, func(output []byte) {
		s.write(output)
		frames = append(frames, frame{time.Since(begun), s.text()})
	})
	return frames, err
}
