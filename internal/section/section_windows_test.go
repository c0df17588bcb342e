package section_test

import (
	"math"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

func TestTwoViewsAreTheSameMemory(t *testing.T) {
	const size = 3 * section.Granularity
	h, err := section.Create(size)
	require.NoError(t, err)
	got, err := section.Size(h)
	require.NoError(t, err)
	require.EqualValues(t, size, got)
	whole, err := section.Map(h, 0, size)
	require.NoError(t, err)
	part, err := section.Map(h, section.Granularity, 4096)
	require.NoError(t, err)
	require.NoError(t, windows.CloseHandle(h))
	*(*byte)(part) = 7
	require.EqualValues(t, 7, *(*byte)(unsafe.Add(whole, section.Granularity)))
	require.NoError(t, section.Unmap(part))
	require.NoError(t, section.Unmap(whole))
}

func TestWhatIsNoSectionOfOursIsRefused(t *testing.T) {
	event, err := windows.CreateEvent(nil, 0, 0, nil)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(event) }()
	_, err = section.Size(event)
	require.ErrorIs(t, err, section.ErrNone)

	f, err := os.Open(os.Args[0])
	require.NoError(t, err)
	defer f.Close()
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(h) }()
	_, err = section.Size(h)
	require.ErrorIs(t, err, section.ErrNone)

	const secReserve = 0x04000000
	reserved, err := windows.CreateFileMapping(windows.InvalidHandle, nil, windows.PAGE_READWRITE|secReserve, 0, 1<<20, nil)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(reserved) }()
	_, err = section.Size(reserved)
	require.ErrorIs(t, err, section.ErrNone)
}

func TestMoreThanThereIsIsAShortage(t *testing.T) {
	_, err := section.Create(math.MaxInt64 >> 8)
	require.Error(t, err)
	require.ErrorIs(t, err, syscall.ENOMEM)
}
