//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package shm

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// errUnsupported is returned by whatever would make a segment; with no segment
// there is no lock, so the other functions here are never reached.
var errUnsupported = fmt.Errorf("shared memory between processes on %s: %w", runtime.GOOS, errors.ErrUnsupported)

var files segmentFiles = noFiles{}

type noFiles struct{}

func (noFiles) create(int, int) (int, error)    { return -1, errUnsupported }
func (noFiles) check(int, int) error            { return errUnsupported }
func (noFiles) reserve(int, int64, int64) error { return errUnsupported }
func (noFiles) place() string                   { return "" }
func (noFiles) take(f *os.File) (int, error)    { return -1, errors.Join(errUnsupported, f.Close()) }
func (noFiles) dup(int) (int, error)            { return -1, errUnsupported }
func (noFiles) close(int)                       {}

var (
	controls  controlPages
	rooms     dataRooms
	mappings  noLimit
	dataStart = pageSize
)

type (
	controlPages struct{}
	dataRooms    struct{}
	noLimit      struct{}
	room         struct{ size int }
)

func (*controlPages) take(int) (int, unsafe.Pointer, error) { return -1, nil, errUnsupported }
func (*controlPages) give(int)                              {}
func (*dataRooms) take(int, int64, int) (room, error)       { return room{}, errUnsupported }
func (*dataRooms) give(room)                                {}
func (*dataRooms) free(room)                                {}
func (room) retire() bool                                   { return true }
func (room) bytes(int) []byte                               { return nil }
func (noLimit) take() error                                 { return errUnsupported }
func slackObjects() int                                     { return 1 }

func withRoom[T any](fn func() (T, error)) (T, error) { return fn() }

func startLocks() error             { return errUnsupported }
func lockTree() uint64              { return 0 }
func holds(uint32) bool             { return false }
func (l *Lock) grab(uint32) bool    { return false }
func (l *Lock) attempt(uint32) bool { return false }

// Unlock is not reached.
func (l *Lock) Unlock() error { return errUnsupported }

// Ours is not reached.
func (l *Lock) Ours() bool { return false }

// FutexWait is not reached.
func FutexWait(*atomic.Uint32, uint32, time.Duration) {}

// FutexWake is not reached.
func FutexWake(*atomic.Uint32, int) int { return 0 }
