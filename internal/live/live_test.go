//go:build unix || windows

package live

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

const childEnv = "ASYNCGO_LIVE_CHILD"

// A child takes its number, says which, and lives until its input ends.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	Adopt(handed())
	id, tree, err := Start()
	fmt.Println(id, tree, err == nil)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestTheNumberOfAProcessIsFreeWhenItIsDead(t *testing.T) {
	id, tree, err := Start()
	require.NoError(t, err)
	require.NotZero(t, tree)
	require.False(t, Dead(id))
	require.True(t, Dead(id^1), "a number that no process has")

	f, err := File()
	require.NoError(t, err)
	for _, how := range []string{"by itself", "killed"} {
		t.Run(how, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"=1")
			handDown(t, cmd, f)
			in, err := cmd.StdinPipe()
			require.NoError(t, err)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			var other uint32
			var sameTree uint64
			var ok bool
			_, err = fmt.Sscan(line, &other, &sameTree, &ok)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, tree, sameTree)
			require.NotEqual(t, id, other)
			require.False(t, Dead(other))
			if how == "killed" {
				require.NoError(t, cmd.Process.Kill())
			} else {
				require.NoError(t, in.Close())
			}
			_ = cmd.Wait()
			require.True(t, Dead(other))
			require.False(t, Dead(id), "the start of a child takes nothing away")
		})
	}
}
