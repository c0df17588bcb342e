//go:build linux

// Package examples_test compares what README.md shows of the examples with what they print.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

var (
	blocks  = regexp.MustCompile("(?s)```console\n(.*?)```")
	program = regexp.MustCompile(`go run \./examples/(\w+)`)
	numbers = regexp.MustCompile(`\b[0-9a-f]*[0-9][0-9a-f]*\b`) // hexadecimal ones too
	ports   = regexp.MustCompile(`127\.0\.0\.1:\d+`)
)

// shape returns lines in the order of the alphabet and without their numbers, each once:
// how many workers have something to tell is up to the machine.
func shape(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimSpace(numbers.ReplaceAllString(line, "0")))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func TestTheReadmeShowsWhatTheExamplesPrint(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	built := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built+string(filepath.Separator), "./...").CombinedOutput()
	require.NoError(t, err, "%s", out)
	seen := map[string]bool{"wordcount": true} // of which there is a recording
	for _, block := range blocks.FindAllStringSubmatch(string(readme), -1) {
		sessions := strings.Split("\n"+block[1], "\n$ ")[1:]
		for _, name := range program.FindAllStringSubmatch(block[1], -1) {
			seen[name[1]] = true
		}
		t.Run(strings.SplitN(sessions[0], "\n", 2)[0], func(t *testing.T) {
			address := "" // that of a server, which takes any port
			for _, session := range sessions {
				typed, want, _ := strings.Cut(session, "\n")
				typed = program.ReplaceAllString(typed, built+"/$1")
				if server, ok := strings.CutSuffix(typed, " &"); ok {
					typed = ports.ReplaceAllString(server, "127.0.0.1:0")
					cmd := exampletest.Command(t, []string{"sh", "-c", "exec " + typed})
					cmd.Dir = ".."
					p := exampletest.Start(t, cmd)
					line := p.Line()
					address = ports.FindString(line)
					require.Equal(t, shape(want), shape(line+"\n"))
					defer func() {
						require.NoError(t, p.Process.Signal(syscall.SIGTERM))
						p.Ends()
					}()
					continue
				}
				if address != "" {
					typed = ports.ReplaceAllString(typed, address)
				}
				cmd := exampletest.Command(t, []string{"sh", "-c", typed})
				cmd.Dir = ".."
				got, _ := cmd.CombinedOutput() // some fail, and say so
				require.Equal(t, shape(want), shape(string(got)))
			}
		})
	}
	folders, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	for _, folder := range folders {
		name := filepath.Dir(folder)
		require.True(t, seen[name], "README.md does not show what %s prints", name)
		require.Contains(t, string(readme), "("+name+"/main.go)", "README.md does not list it")
	}
}
