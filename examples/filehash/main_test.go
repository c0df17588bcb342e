package main_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output runs a command and returns what it printed, and whether it failed.
func output(t *testing.T, command []string, args ...string) (stdout, stderr string, failed bool) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:len(command):len(command)], args...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	failed = cmd.Run() != nil
	return out.String(), errs.String(), failed
}

// tree makes a folder of files whose paths sort in another way than a walk finds them,
// and returns what is to be printed for it.
func tree(t *testing.T) (folder, want string) {
	t.Helper()
	folder = t.TempDir()
	var lines []string
	for n, name := range []string{"a.txt", "a/b", "a/empty", "a/deep/er/c", "z", "ä"} {
		path, data := filepath.Join(folder, filepath.FromSlash(name)), strings.Repeat(name, 100_000*n)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(data), 0o600))
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(data)), path))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[66:], b[66:]) })
	return folder, strings.Join(lines, "")
}

func TestPrintsTheDigestsInOrder(t *testing.T) {
	folder, want := tree(t)
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(folder, filepath.Join(folder, "a", "round")))
		require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, "dangling")))
	}
	for name, command := range exampletest.Commands(t, "from hashlib import file_digest") {
		for _, workers := range []string{"1", "5"} {
			stdout, stderr, failed := output(t, command, "--workers="+workers, folder)
			require.False(t, failed, "%s: %s", name, stderr)
			require.Equal(t, want, stdout, name)
		}
	}
}

func TestHashesManyFilesAsPythonDoes(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	folder := filepath.Join(strings.TrimSpace(string(out)), "src", "net")
	all := exampletest.Commands(t, "from hashlib import file_digest")
	ours, stderr, failed := output(t, all["Go"], folder)
	require.False(t, failed, stderr)
	require.Greater(t, strings.Count(ours, "\n"), 100)
	if all["Python"] != nil {
		theirs, stderr, failed := output(t, all["Python"], folder)
		require.False(t, failed, stderr)
		require.Equal(t, theirs, ours)
	}
}

func TestTellsWhatCannotBeRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that cannot be read takes another way there")
	}
	folder, want := tree(t)
	bad := filepath.Join(folder, "bad")
	if runtime.GOOS == "linux" {
		require.NoError(t, os.Symlink("/proc/self/mem", bad)) // which root cannot read either
	} else {
		require.NoError(t, os.WriteFile(bad, nil, 0))
	}
	for name, command := range exampletest.Commands(t, "from hashlib import file_digest") {
		stdout, stderr, failed := output(t, command, folder)
		require.True(t, failed, name)
		require.Equal(t, want, stdout, name)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		stdout, stderr, failed = output(t, command, filepath.Join(folder, "missing"))
		require.True(t, failed, name)
		require.Empty(t, stdout, name)
		require.Contains(t, strings.ToLower(stderr), "no such file or directory", name)
	}
}
