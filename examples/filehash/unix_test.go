//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestLeavesOutLinks(t *testing.T) {
	folder, want := tree(t)
	require.NoError(t, os.Symlink(folder, filepath.Join(folder, "a", "round")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, "dangling")))
	for name, command := range exampletest.Commands(t, "from hashlib import file_digest") {
		require.Equal(t, want, exampletest.Prints(t, command, folder), name)
	}
}

func TestTellsWhatCannotBeRead(t *testing.T) {
	folder, want := tree(t)
	bad := filepath.Join(folder, "bad")
	if runtime.GOOS == "linux" {
		require.NoError(t, os.Symlink("/proc/self/mem", bad)) // which root cannot read either
	} else {
		require.NoError(t, os.WriteFile(bad, nil, 0))
	}
	for name, command := range exampletest.Commands(t, "from hashlib import file_digest") {
		stdout, stderr, code := exampletest.Run(t, command, folder)
		require.Equal(t, 1, code, name)
		require.Equal(t, want, stdout, name)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		stdout, stderr, code = exampletest.Run(t, command, filepath.Join(folder, "missing"))
		require.Equal(t, 1, code, name)
		require.Empty(t, stdout, name)
		require.Contains(t, strings.ToLower(stderr), "no such file or directory", name)
	}
}
