package shared

import (
	"errors"
	"fmt"
)

var (
	// ErrClosed is returned, or is the value of the panic where a method has no
	// error to return, for the use of a handle after Close. A zero handle that
	// was never made or decoded counts as closed.
	ErrClosed = errors.New("shared: the handle is closed, or was never made: use New… or decode one first")

	// ErrNotLocked is returned for the release of a lock that is not held.
	// Python raises ValueError.
	ErrNotLocked = errors.New("shared: not locked: Unlock belongs after a Lock that succeeded")

	// ErrOwnerDied says that the previous holder of a lock died with it. The
	// caller holds the lock now, and what it guards may be half changed: repair
	// that, call Consistent, and Unlock as usual.
	ErrOwnerDied = errors.New("shared: the previous holder of the lock died with it: the lock is yours, repair what it guards, call Consistent, then Unlock")

	// ErrType is returned for a type that cannot live in shared memory, and
	// for a handle that is decoded into one of another type.
	ErrType = errors.New("shared: the type does not fit")
)

// An OwnerDiedError is ErrOwnerDied with what is known about the dead.
type OwnerDiedError struct {
	// PID is the process that died, or 1 if it was too quick to tell.
	PID int
}

// Error returns one line.
func (e *OwnerDiedError) Error() string {
	return fmt.Sprintf("shared: process %d died while it held the lock: the lock is yours, repair what it guards, call Consistent, then Unlock", e.PID)
}

// Is reports whether target is ErrOwnerDied.
func (e *OwnerDiedError) Is(target error) bool { return target == ErrOwnerDied }
