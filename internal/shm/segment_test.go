//go:build linux

package shm_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// send makes a descriptor arrive as if a peer had sent it for the reference.
func send(t *testing.T, fd int) handoff.Ref {
	t.Helper()
	ref := handoff.Ref{Object: handoff.NewID(), Sender: handoff.NewID()}
	handoff.AddPeer(ref.Sender, func(handoff.ID) (*os.File, error) { return os.NewFile(uintptr(fd), "sent"), nil })
	t.Cleanup(func() { handoff.RemovePeer(ref.Sender) })
	return ref
}

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
func TestResolveTrustsNobody(t *testing.T) {
	page := int64(os.Getpagesize())
	head := shm.Header{Kind: 1, Elem: 8, Len: 10}
	refused := func(name string, fd int, size int, text string) {
		t.Run(name, func(t *testing.T) {
			_, err := shm.Resolve(send(t, fd), head, size)
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

	t.Run("the header of another object", func(t *testing.T) {
		s, err := shm.Create(head, 80)
		require.NoError(t, err)
		defer s.Release()
		for _, h := range []shm.Header{head, {Kind: 2, Elem: 8, Len: 10}} {
			fd, release, err := handoff.Open(s.ID())
			require.NoError(t, err)
			dup, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
			require.NoError(t, err)
			release()
			_, err = shm.Resolve(send(t, dup), h, 80)
			require.ErrorIs(t, err, shm.ErrMismatch)
		}
		_, err = shm.Resolve(handoff.Ref{Object: s.ID()}, shm.Header{Kind: 2}, 80)
		require.ErrorIs(t, err, shm.ErrMismatch)
		same, err := shm.Resolve(handoff.Ref{Object: s.ID()}, head, 80)
		require.NoError(t, err)
		require.Same(t, s, same)
		same.Release()
	})
}

// Which processes live is known only for those of one tree: a process of another
// would take the living holders of its locks for dead.
func TestResolveRefusesAnotherTreeOfProcesses(t *testing.T) {
	head := shm.Header{Kind: 1, Elem: 8, Len: 10}
	s, err := shm.Create(head, 80)
	require.NoError(t, err)
	defer s.Release()
	fd, release, err := handoff.Open(s.ID())
	require.NoError(t, err)
	dup, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(t, err)
	release()
	const offTree = 48
	s.U64(offTree).Add(1)
	_, err = shm.Resolve(send(t, dup), head, 80)
	require.ErrorIs(t, err, shm.ErrMismatch)
	require.ErrorContains(t, err, "another tree of processes")
}

func TestReleaseGivesTheDescriptorBack(t *testing.T) {
	s, err := shm.Create(shm.Header{Kind: 1}, 1<<20)
	require.NoError(t, err)
	require.True(t, s.Retain())
	s.Release()
	_, release, err := handoff.Open(s.ID())
	require.NoError(t, err)
	release()
	s.Release()
	_, _, err = handoff.Open(s.ID())
	require.ErrorIs(t, err, handoff.ErrGone)
	require.False(t, s.Retain())
	require.NotPanics(t, func() { s.Data()[1<<20-1] = 1 })
}
