//go:build linux

package main_test

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// input returns the path of a file of some megabytes, a program of the Go distribution,
// and what is in it.
func input(t *testing.T) (path string, data []byte) {
	t.Helper()
	path = filepath.Join(strings.TrimSpace(exampletest.Prints(t, []string{"go"}, "env", "GOROOT")), "bin", "gofmt")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return path, data
}

// checksums returns what is to be printed for the first n blocks.
func checksums(data []byte, block, n int) (lines []string) {
	for i := 0; i < n && i*block < len(data); i++ {
		lines = append(lines, fmt.Sprintf("%6d %08x", i, crc32.ChecksumIEEE(data[i*block:min(len(data), (i+1)*block)])))
	}
	return lines
}

func TestPrintsTheChecksumsInOrder(t *testing.T) {
	const block = 20_000
	path, data := input(t)
	want := checksums(data, block, len(data))
	want = append(want, fmt.Sprint(len(want), " blocks\n"))
	for name, command := range exampletest.Commands(t, "") {
		for _, slots := range []string{"1", "5"} {
			out := exampletest.Prints(t, command, "--workers=2", "--slots="+slots, fmt.Sprint("--block=", block), path)
			require.Equal(t, strings.Join(want, "\n"), out, "%s with %s slots", name, slots)
		}
	}
}

func TestStopsInOrderAtASignal(t *testing.T) {
	path, data := input(t)
	for name, command := range exampletest.Commands(t, "") {
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			pace, whole := "--pace=20ms", true
			if name == "Python" {
				// To the whole group, as a terminal and timeout(1) do it, would
				// kill a worker that has not come to its initializer yet.
				pace, whole = "--pace=0.02", false
			}
			cmd := exampletest.Command(t, command, "--workers=2", "--block=1000", pace, path)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			p := exampletest.Start(t, cmd)
			var got []string
			for line := range p.Lines {
				if got = append(got, line); len(got) == 3 {
					to := p.Process.Pid
					if whole {
						to = -to
					}
					require.NoError(t, syscall.Kill(to, sig))
				}
			}
			require.NoError(t, p.Wait(), name)
			blocks := len(got) - 1
			require.Equal(t, append(checksums(data, 1000, blocks), fmt.Sprint("stopped after ", blocks, " blocks")), got, "%s at %v", name, sig)
			require.Less(t, blocks, len(data)/1000)
		}
	}
}
