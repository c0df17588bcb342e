//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestMain(m *testing.M) {
	executor.Main()
	if len(os.Args) > 1 && os.Args[1] == "-node" {
		main()
		return
	}
	os.Exit(m.Run())
}

// books writes files with words of which some are more frequent than others.
func books(t *testing.T) string {
	t.Helper()
	dir, random := t.TempDir(), rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		var text bytes.Buffer
		for text.Len() < partSize {
			fmt.Fprintf(&text, "%c%c, ", 'a'+random.IntN(1+random.IntN(26)), 'a'+random.IntN(5))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), text.Bytes(), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "binary"), []byte{1, 0, 2}, 0o600))
	return dir
}

func TestCluster(t *testing.T) {
	dir := books(t)
	for name, kill := range map[string]bool{"all nodes live": false, "a node is killed": true} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			o := options{nodes: 3, workers: 1, kill: kill, check: true, dir: dir}
			require.NoError(t, cluster(t.Context(), o, &out), "the counts are those of one process")
			require.Contains(t, out.String(), "20 files")
			require.Contains(t, out.String(), "; 1 hold no text")
		})
	}
}

func TestListen(t *testing.T) {
	cfg, err := options{listen: "127.0.0.1:4222"}.server()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", cfg.Host)
	require.Equal(t, 4222, cfg.Port)
	_, err = options{listen: "nowhere"}.server()
	require.Error(t, err)
}
