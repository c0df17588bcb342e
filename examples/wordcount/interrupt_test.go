//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// build builds the example as a user would.
func build(t *testing.T) string {
	t.Helper()
	needsProcesses(t)
	program := filepath.Join(t.TempDir(), "wordcount")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

func TestCtrlCStopsEverythingWithinASecond(t *testing.T) {
	program := build(t)
	goroot, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "-workers", "3", strings.TrimSpace(string(goroot)))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	progress, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())

	lines := bufio.NewScanner(progress)
	for lines.Scan() && strings.HasPrefix(lines.Text(), "0 of ") {
		continue // the workers are starting
	}
	require.NotEmpty(t, lines.Text(), "the workers have begun")
	require.NotEmpty(t, processes(t, program))

	// As a terminal does it: to the whole group, the workers included.
	pressed := time.Now()
	require.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGINT))
	var last string
	for lines.Scan() {
		last = lines.Text()
	}
	err = cmd.Wait()
	took := time.Since(pressed)

	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 130, exit.ExitCode(), "%s", last)
	require.Equal(t, "wordcount: interrupted", last)
	require.Less(t, took, time.Second)
	require.Empty(t, processes(t, program), "no worker is left")
}

// processes returns the processes that run a program.
func processes(t *testing.T, program string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	require.NoError(t, err)
	var found []string
	for _, l := range links {
		if exe, err := os.Readlink(l); err == nil && exe == program {
			found = append(found, l)
		}
	}
	return found
}

func TestThePythonOriginalSaysTheSame(t *testing.T) {
	program := build(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	dir := library(t, 40, 500)
	ours := stdout(t, program, "-workers", "2", dir)
	theirs := stdout(t, python, "main.py", "--workers", "2", dir)
	require.Equal(t, theirs, ours)
	require.Contains(t, ours, "41 files")
}

var seconds = regexp.MustCompile(`[0-9.]+ s`)

// stdout returns what a command printed, but for the time that it took.
func stdout(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Log(string(bytes.TrimSpace(exit.Stderr)))
	}
	require.NoError(t, err)
	return seconds.ReplaceAllString(string(out), "")
}
