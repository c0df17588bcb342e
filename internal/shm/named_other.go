//go:build !linux

package shm

import (
	"errors"
	"fmt"
	"runtime"
)

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
