//go:build !linux

package shm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// errUnsupported is returned by whatever would make a segment; with no segment
// there is no lock, so the other functions here are never reached.
var errUnsupported = fmt.Errorf("shared memory between processes needs memfd and robust futexes, which %s does not have: %w", runtime.GOOS, errors.ErrUnsupported)

var controls controlPages

type (
	controlPages struct{}
	link         struct{}
	room         struct{ size int }
	dataRooms    struct{}
)

var rooms dataRooms

func (*controlPages) link(unsafe.Pointer) *link { return nil }

func (*controlPages) give(int)            {}
func (room) retire() bool                 { return true }
func (*dataRooms) give(room)              {}
func slackObjects() int                   { return 1 }
func sizeError(int) error                 { return errUnsupported }
func newFile(int, int) (int, error)       { return -1, errUnsupported }
func reserveFile(int, int64, int64) error { return errUnsupported }

func withRoom[T any](fn func() (T, error)) (T, error) { return fn() }

const (
	maxSize  = int(^uint(0)>>1) >> 2
	pageSize = 4096
)

func takeFile(f *os.File) (int, error) { return -1, errors.Join(errUnsupported, f.Close()) }
func checkFile(int, int) error         { return errUnsupported }
func closeFile(int)                    {}
func dupFile(int) (int, error)         { return -1, errUnsupported }
func mapSegment(int, handoff.ID, Header, int) (*Segment, error) {
	return nil, errUnsupported
}

// Named is memory that has a name.
type Named struct{ Name string }

// OpenNamed returns an error that wraps errors.ErrUnsupported.
func OpenNamed(string, int) (*Named, error) { return nil, errNamed }

// UnlinkNamed returns an error that wraps errors.ErrUnsupported.
func UnlinkNamed(string) error { return errNamed }

var errNamed = fmt.Errorf("named shared memory needs /dev/shm, which %s does not have: %w", runtime.GOOS, errors.ErrUnsupported)

// Size is not reached.
func (*Named) Size() int { return 0 }

// Bytes is not reached.
func (*Named) Bytes() []byte { return nil }

// Close is not reached.
func (*Named) Close() {}

// TryLock is not reached.
func (l *Lock) TryLock() (bool, error) { return false, errUnsupported }

// Lock is not reached.
func (l *Lock) Lock(context.Context, *atomic.Bool) error { return errUnsupported }

// LockAnyway is not reached.
func (l *Lock) LockAnyway(context.Context) error { return errUnsupported }

// LockShort is not reached.
func (l *Lock) LockShort() {}

// Unlock is not reached.
func (l *Lock) Unlock() error { return errUnsupported }

// Ours is not reached.
func (l *Lock) Ours() bool { return false }

// Wake is not reached.
func (l *Lock) Wake() {}

// FutexWait is not reached.
func FutexWait(*atomic.Uint32, uint32, time.Duration) {}

// FutexWake is not reached.
func FutexWake(*atomic.Uint32, int) int { return 0 }

// WakeOnDone is not reached.
func WakeOnDone(context.Context, *atomic.Uint32) (stop func()) { return func() {} }
