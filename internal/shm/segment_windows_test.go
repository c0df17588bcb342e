package shm_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

func duplicate(t *testing.T, h uintptr) uintptr {
	t.Helper()
	self := windows.CurrentProcess()
	var dup windows.Handle
	require.NoError(t, windows.DuplicateHandle(self, windows.Handle(h), self, &dup, 0, false, windows.DUPLICATE_SAME_ACCESS))
	return uintptr(dup)
}

// A process that sends nonsense gets its handle refused, before anything of it is read.
func TestResolveTrustsNoHandle(t *testing.T) {
	head := shm.Header{Kind: 1, Elem: 8, Len: 10}
	page := int64(os.Getpagesize())
	of := func(size int64) windows.Handle {
		h, err := section.Create(size)
		require.NoError(t, err)
		return h
	}
	refused := func(name string, h windows.Handle, size int, text string) {
		t.Run(name, func(t *testing.T) {
			_, err := shm.Resolve(send(t, uintptr(h)), head, size)
			require.ErrorIs(t, err, shm.ErrMismatch)
			require.ErrorContains(t, err, text)
		})
	}
	const data = section.Granularity // where it begins
	refused("too small", of(data), 80, "bytes")
	refused("too large", of(data+2*page), 80, "bytes")
	refused("no header", of(data+page), 80, "no asyncgo header")
	refused("a size below zero", of(data), -1, "-1 bytes")
	refused("a size beyond all bounds", of(data), int(^uint(0)>>1), "bytes")
	event, err := windows.CreateEvent(nil, 0, 0, nil)
	require.NoError(t, err)
	refused("an event", event, 0, "it is no shared memory")

	f, err := os.Create(t.TempDir() + "/file")
	require.NoError(t, err)
	require.NoError(t, f.Truncate(data+page))
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READWRITE, 0, 0, nil)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	refused("a file that could shrink", h, 80, "of the kind that is made here")
}
