package fuzz

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var pythonFlag = flag.String("python", "", "the CPython to compare with, whatever its version; empty looks for 3.13.0")

// The release whose behaviour is the standard. Others of 3.13 differ in bugs.
const oracleVersion = "cpython 3.13.0"

// findPython returns the path of a CPython 3.13.0, or an empty string.
func findPython() string {
	candidates := []string{"python3.13", "python3", "python"}
	root := os.Getenv("PYENV_ROOT")
	if root == "" {
		if home, err := os.UserHomeDir(); err == nil {
			root = filepath.Join(home, ".pyenv")
		}
	}
	candidates = append(candidates, filepath.Join(root, "versions", "3.13.0", "bin", "python3"))
	for _, name := range candidates {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := exec.Command(path, "-I", "-c",
			"import sys, platform; print(sys.implementation.name, platform.python_version())").Output()
		if err == nil && strings.TrimSpace(string(version)) == oracleVersion {
			return path
		}
	}
	return ""
}

// A python is a process that runs programs.
type python struct {
	in  io.Writer
	out *bufio.Reader
}

// startPython starts the oracle, or returns nil where there is none.
func startPython(t *testing.T) *python {
	t.Helper()
	path := *pythonFlag
	if path == "" {
		path = findPython()
	}
	if path == "" {
		return nil
	}
	cmd := exec.Command(path, "-E", "-s", "-B", filepath.Join("python", "interpreter.py"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &python{in: in, out: bufio.NewReader(out)}
}

// run returns the trace of p.
func (py *python) run(t *testing.T, p program) (trace string) {
	t.Helper()
	line, err := json.Marshal(p.String())
	require.NoError(t, err)
	_, err = py.in.Write(append(line, '\n'))
	require.NoError(t, err)
	answer, err := py.out.ReadBytes('\n')
	require.NoError(t, err, "the interpreter has ended in\n%s", p)
	require.NoError(t, json.Unmarshal(answer, &trace))
	return trace
}
