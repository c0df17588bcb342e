//go:build unix

package executor_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// running is a program that was copied to a path of its own and answers lines.
type running struct {
	t    *testing.T
	path string
	in   io.Writer
	out  *bufio.Scanner
}

func runCopy(t *testing.T, env ...string) *running {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a path; with 'odd' $names")
	require.NoError(t, os.Mkdir(dir, 0o700))
	r := &running{t: t, path: filepath.Join(dir, "the program")}
	r.put(program(t, "changed"))
	cmd := exec.Command(r.path, "an argument", "")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		require.NoError(t, cmd.Wait())
	})
	r.in, r.out = in, bufio.NewScanner(out)
	require.Equal(t, "ready", r.line())
	return r
}

// put puts a copy of a file at the program's path.
func (r *running) put(file string) {
	r.t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(r.path+".new", b, 0o700))
	require.NoError(r.t, os.Rename(r.path+".new", r.path))
}

func (r *running) line() string {
	r.t.Helper()
	require.True(r.t, r.out.Scan())
	return r.out.Text()
}

// ask returns what a call in a new worker says.
func (r *running) ask(name string) string {
	r.t.Helper()
	_, err := fmt.Fprintln(r.in, name)
	require.NoError(r.t, err)
	return r.line()
}

func TestAProgramAtAPathWithSpacesAndWithALongEnvironment(t *testing.T) {
	const most = 100_000 // Linux takes no longer strings than 128 KiB
	var env []string
	for i := range 5 {
		env = append(env, fmt.Sprintf("LONG%d=%s", i, strings.Repeat("ü", most/2)))
	}
	r := runCopy(t, env...)
	require.Equal(t, fmt.Sprintf("%d <nil>", most), r.ask("LONG4"))
}

// A worker is never another program than its parent: where the system starts the one
// that runs, the calls work, and where it starts the file, they are refused.
func TestAProgramWhoseFileChangesWhileItRuns(t *testing.T) {
	t.Run("deleted", func(t *testing.T) {
		r := runCopy(t, "X=12345")
		require.Equal(t, "5 <nil>", r.ask("X"))
		require.NoError(t, os.Remove(r.path))
		if startsWhatRuns {
			require.Equal(t, "5 <nil>", r.ask("X"))
		} else {
			require.Contains(t, r.ask("X"), "the file of the program is gone")
		}
	})
	t.Run("replaced", func(t *testing.T) {
		r := runCopy(t, "X=12345")
		r.put(program(t, "starts"))
		if startsWhatRuns {
			require.Equal(t, "5 <nil>", r.ask("X"))
		} else {
			require.Contains(t, r.ask("X"), "was replaced while the program runs")
		}
	})
}
