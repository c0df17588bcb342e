//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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
