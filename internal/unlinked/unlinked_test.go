//go:build unix

package unlinked

import (
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestFilesHaveNoNameAndTheirRoom(t *testing.T) {
	f, err := File(1<<20, 100_000)
	require.NoError(t, err)
	defer f.Close()
	_, err = os.Lstat(f.Name())
	require.ErrorIs(t, err, os.ErrNotExist)
	var st unix.Stat_t
	require.NoError(t, unix.Fstat(int(f.Fd()), &st))
	require.EqualValues(t, 1<<20, st.Size)
	require.GreaterOrEqual(t, st.Blocks*512, int64(100_000))
}

// What systems without fallocate do.
func TestZerosTakeRoomAndSpoilNothing(t *testing.T) {
	f, err := File(1<<20, 0)
	require.NoError(t, err)
	defer f.Close()
	_, err = f.WriteAt([]byte("head"), 0)
	require.NoError(t, err)
	require.NoError(t, zero(int(f.Fd()), 4, 200_000))
	var st unix.Stat_t
	require.NoError(t, unix.Fstat(int(f.Fd()), &st))
	require.EqualValues(t, 1<<20, st.Size)
	require.GreaterOrEqual(t, st.Blocks*512, int64(200_000))
	head := make([]byte, 5)
	_, err = io.ReadFull(f, head)
	require.NoError(t, err)
	require.Equal(t, "head\x00", string(head))
}
