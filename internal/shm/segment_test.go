//go:build linux || windows

package shm_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// send makes a descriptor arrive as if a peer had sent it for the reference.
func send(t *testing.T, fd uintptr) handoff.Ref {
	t.Helper()
	ref := handoff.Ref{Object: handoff.NewID(), Sender: handoff.NewID()}
	handoff.AddPeer(ref.Sender, func(handoff.ID) (*os.File, error) { return os.NewFile(fd, "sent"), nil })
	t.Cleanup(func() { handoff.RemovePeer(ref.Sender) })
	return ref
}

// sent returns a duplicate of what a segment is mapped from, as a peer gets it.
func sent(t *testing.T, s *shm.Segment) uintptr {
	t.Helper()
	fd, release, err := handoff.Open(s.ID())
	require.NoError(t, err)
	defer release()
	return duplicate(t, fd)
}

// An object that has the header of another one is refused.
func TestResolveTrustsNoHeader(t *testing.T) {
	head := shm.Header{Kind: 1, Elem: 8, Len: 10}
	s, err := shm.Create(head, 80)
	require.NoError(t, err)
	defer s.Release()
	for _, h := range []shm.Header{head, {Kind: 2, Elem: 8, Len: 10}} {
		_, err = shm.Resolve(send(t, sent(t, s)), h, 80)
		require.ErrorIs(t, err, shm.ErrMismatch)
	}
	_, err = shm.Resolve(handoff.Ref{Object: s.ID()}, shm.Header{Kind: 2}, 80)
	require.ErrorIs(t, err, shm.ErrMismatch)
	same, err := shm.Resolve(handoff.Ref{Object: s.ID()}, head, 80)
	require.NoError(t, err)
	require.Same(t, s, same)
	same.Release()
}

// Which processes live is known only for those of one tree: a process of another
// would take the living holders of its locks for dead.
func TestResolveRefusesAnotherTreeOfProcesses(t *testing.T) {
	head := shm.Header{Kind: 1, Elem: 8, Len: 10}
	s, err := shm.Create(head, 80)
	require.NoError(t, err)
	defer s.Release()
	file := sent(t, s)
	const offTree = 48
	s.U64(offTree).Add(1)
	_, err = shm.Resolve(send(t, file), head, 80)
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
