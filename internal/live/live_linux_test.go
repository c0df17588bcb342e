//go:build !asyncgo_portable

package live

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// started starts a child with a file and returns what it says of its number.
func started(t *testing.T, f *os.File) (id uint32, ok bool, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	handDown(t, cmd, f)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = in.Close() })
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	var tree uint64
	_, err = fmt.Sscan(line, &id, &tree, &ok)
	require.NoError(t, err)
	return id, ok, func() {
		require.NoError(t, cmd.Process.Kill())
		require.Eventually(t, func() bool { return id == 0 || Dead(id) }, 10*time.Second, 100*time.Microsecond, "before it is waited for")
		_ = cmd.Wait()
	}
}

func TestThePlaceOfTheDeadIsTakenWithAnotherNumber(t *testing.T) {
	_, _, err := Start()
	require.NoError(t, err)
	f, err := File()
	require.NoError(t, err)
	first, ok, kill := started(t, f)
	require.True(t, ok)
	kill()
	word(0, offNext).Store(first%places - 1)
	second, ok, kill := started(t, f)
	require.True(t, ok)
	require.Equal(t, first%places, second%places)
	require.NotEqual(t, first, second)
	require.True(t, Dead(first))
	require.False(t, Dead(second))
	kill()
	require.True(t, Dead(second))
}

func TestTurnsComeAroundWithinTheirBits(t *testing.T) {
	_, _, err := Start()
	require.NoError(t, err)
	f, err := File()
	require.NoError(t, err)
	next := (word(0, offNext).Load() + 1) % places
	word(next, offTurn).Store(turnMask)
	id, ok, kill := started(t, f)
	require.True(t, ok)
	require.Equal(t, next, id)
	require.False(t, Dead(id))
	kill()
}

func TestAProcessWithoutAPlaceGetsAnError(t *testing.T) {
	_, _, err := Start()
	require.NoError(t, err)
	f, err := File()
	require.NoError(t, err)
	var filled []uint32
	for place := uint32(firstPlace); place < places; place++ {
		if was := word(place, 0).Load(); was&ownerTID == 0 && word(place, 0).CompareAndSwap(was, 1) {
			filled = append(filled, place)
		}
	}
	_, ok, kill := started(t, f)
	kill()
	for _, place := range filled {
		word(place, 0).Store(0)
	}
	require.False(t, ok)
	_, ok, kill = started(t, f)
	require.True(t, ok)
	kill()
}

func TestAnotherFileIsRefused(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteString("of other size")
	require.NoError(t, err)
	_, ok, kill := started(t, f)
	require.False(t, ok)
	kill()
}

// Numbers that another process has made up are those of no process.
func TestNumbersThatCannotBe(t *testing.T) {
	_, _, err := Start()
	require.NoError(t, err)
	for place := range uint32(firstPlace) {
		require.True(t, Dead(place))
		require.True(t, Dead(maxID&^(places-1)|place))
	}
}
