package main_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	for name, command := range exampletest.Commands(t, "from hashlib import file_digest") {
		for _, workers := range []string{"1", "5"} {
			require.Equal(t, want, exampletest.Prints(t, command, "--workers="+workers, folder), name)
		}
	}
}

func TestHashesManyFilesAsPythonDoes(t *testing.T) {
	folder := filepath.Join(strings.TrimSpace(exampletest.Prints(t, []string{"go"}, "env", "GOROOT")), "src", "net")
	all := exampletest.Commands(t, "from hashlib import file_digest")
	ours := exampletest.Prints(t, all["Go"], folder)
	require.Greater(t, strings.Count(ours, "\n"), 100)
	if all["Python"] != nil {
		require.Equal(t, exampletest.Prints(t, all["Python"], folder), ours)
	}
}
