//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package shm

// Named is memory that has a name.
type Named struct{ Name string }

// OpenNamed returns an error that wraps errors.ErrUnsupported.
func OpenNamed(string, int) (*Named, error) { return nil, errUnsupported }

// UnlinkNamed returns an error that wraps errors.ErrUnsupported.
func UnlinkNamed(string) error { return errUnsupported }

// Size is not reached.
func (*Named) Size() int { return 0 }

// Bytes is not reached.
func (*Named) Bytes() []byte { return nil }

// Close is not reached.
func (*Named) Close() {}
