package shm_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

func memfd(t *testing.T, size int64, seals int) int {
	t.Helper()
	fd, err := unix.MemfdCreate("asyncgo test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	require.NoError(t, err)
	require.NoError(t, unix.Ftruncate(fd, size))
	_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	require.NoError(t, err)
	return fd
}

const goodSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// A process that sends nonsense gets its handle refused, before anything of it
// is read.
func TestResolveTrustsNoFile(t *testing.T) {
	page := int64(os.Getpagesize())
	head := shm.Header{Kind: 1, Elem: 8, Len: 10}
	refused := func(name string, fd int, size int, text string) {
		t.Run(name, func(t *testing.T) {
			_, err := shm.Resolve(send(t, uintptr(fd)), head, size)
			require.ErrorIs(t, err, shm.ErrMismatch)
			require.ErrorContains(t, err, text)
		})
	}
	refused("not sealed", memfd(t, 2*page, 0), 80, notSealed)
	refused("too small", memfd(t, page, goodSeals), 80, "bytes")
	refused("too large", memfd(t, 3*page, goodSeals), 80, "bytes")
	refused("no header", memfd(t, 2*page, goodSeals), 80, "no asyncgo header")
	refused("a size below zero", memfd(t, page, goodSeals), -1, "-1 bytes")
	refused("a size beyond all bounds", memfd(t, page, goodSeals), int(^uint(0)>>1), "bytes")
	var pipe [2]int
	require.NoError(t, unix.Pipe(pipe[:]))
	defer unix.Close(pipe[1])
	refused("a pipe", pipe[0], 0, "bytes")
}

func duplicate(t *testing.T, fd uintptr) uintptr {
	t.Helper()
	dup, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(t, err)
	return uintptr(dup)
}
