package shared

import (
	"context"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A Value is one variable that processes share, of a number type, bool, or an
// array or struct of those. It is Python's multiprocessing.Value.
//
// Load, Store, Swap, Add and CompareAndSwap are atomic and take no lock. Update
// changes the value by a function, under the value's lock; nothing that the
// atomic methods do meanwhile is lost. Critical sections of more than one step
// take the lock itself, with Mutex. A process that dies leaves either the old
// value or the new one, never half of each.
//
// A Value travels to other processes as an argument of a call. The zero Value is
// closed; it can be decoded into. A Value must not be copied. Methods without
// an error panic with ErrClosed after Close.
type Value[T comparable] struct{ mu Mutex }

// NewValue makes a shared variable that holds v. It returns an error that wraps
// ErrType and names the part of T that cannot be shared, or the system's error
// when memory or descriptors run out. It is Value(type, v) of Python; there is
// no form without a lock because a lock that is not used costs nothing.
func NewValue[T comparable](v T) (*Value[T], error) {
	tag, err := layoutOf[T]()
	if err != nil {
		return nil, err
	}
	value := new(Value[T])
	if err := value.mu.h.create(valueHeader[T](tag), wideData[T]()); err != nil {
		return nil, err
	}
	value.Store(v)
	return value, nil
}

func valueHeader[T any](tag uint64) shm.Header {
	return shm.Header{Kind: kindValue, Elem: uint32(sizeOf[T]()), Len: 1, Tag: tag}
}

func sizeOf[T any]() int {
	var zero T
	return int(unsafe.Sizeof(zero))
}

// small reports whether T lives in one machine word, as its bytes in memory order
// followed by zeros. Others are wide.
func small[T any]() bool { return sizeOf[T]() <= 8 }

func toWord[T any](v T) (word uint64) {
	*(*T)(unsafe.Pointer(&word)) = v
	return word
}

func fromWord[T any](word uint64) T { return *(*T)(unsafe.Pointer(&word)) }

// Load returns the value. It never blocks, not even while the lock is held. A process
// that died in the middle of a change has left the old value or the new one. After
// Close it panics with [ErrClosed].
func (v *Value[T]) Load() T {
	s := v.mu.h.must()
	if !small[T]() {
		value, _ := loadWide[T](s)
		s.Seen()
		return value
	}
	word := s.U64(shm.UserStart).Load()
	s.Seen()
	runtime.KeepAlive(s)
	return fromWord[T](word)
}

// Store sets the value. It does not wait for the lock. A process that dies in the
// middle leaves the old value or the new one. After Close it panics with [ErrClosed].
func (v *Value[T]) Store(value T) { v.Swap(value) }

// Swap sets the value and returns the one before. It does not wait for the lock. A
// process that dies in the middle leaves the old value or the new one. After Close it
// panics with [ErrClosed].
func (v *Value[T]) Swap(value T) T {
	s := v.mu.h.must()
	s.Published()
	if !small[T]() {
		s.Aux().LockShort()
		defer s.Aux().Unlock() //nolint:errcheck // it is ours
		old, stamp := loadWide[T](s)
		storeWide(s, stamp, value)
		return old
	}
	old := s.U64(shm.UserStart).Swap(toWord(value))
	s.Seen()
	runtime.KeepAlive(s)
	return fromWord[T](old)
}

// CompareAndSwap sets the value to new if it is equal to old, as == has it: a NaN is
// equal to nothing. It reports whether it did, and does not wait for the lock. To call
// it again compares again. A process that dies in the middle leaves the old value or
// the new one. After Close it panics with [ErrClosed].
func (v *Value[T]) CompareAndSwap(old, new T) bool {
	s := v.mu.h.must()
	s.Published()
	if !small[T]() {
		s.Aux().LockShort()
		defer s.Aux().Unlock() //nolint:errcheck // it is ours
		is, stamp := loadWide[T](s)
		if is != old {
			return false
		}
		storeWide(s, stamp, new)
		return true
	}
	cell := s.U64(shm.UserStart)
	defer runtime.KeepAlive(s)
	for {
		// Equal values may differ in bits (0 and -0, the padding of a
		// struct), so the exchange is of what was read.
		word := cell.Load()
		s.Seen()
		if fromWord[T](word) != old {
			return false
		}
		if cell.CompareAndSwap(word, toWord(new)) {
			return true
		}
	}
}

// Update sets the value to fn of it and returns the new one. It holds the lock
// meanwhile, so fn must not take it: an Update of the same value inside fn returns
// ErrReentry. If one of the atomic methods interferes, fn is called again with what
// that left. A panic in fn, or runtime.Goexit, changes nothing and releases the lock.
//
// Update waits for the lock for as long as it takes; in a task it suspends the
// task. Errors are ErrClosed, the cancellation of the task that waits, and that
// of a wait in a bare callback of a loop; the value is unchanged then. A
// holder that died does not matter, because it cannot have left half a value;
// ErrOwnerDied is kept for a caller that takes the lock with Mutex.
//
// It is "with v.get_lock(): v.value = fn(v.value)".
func (v *Value[T]) Update(fn func(T) T) (T, error) {
	return v.UpdateContext(context.Background(), fn)
}

// UpdateContext is [Value.Update] that gives up when ctx ends while it waits for the
// lock; it returns ctx's error then, and the value is unchanged. Its other errors are
// those of Update: [ErrClosed] after Close, [ErrReentry] inside an fn of the same
// value. That the lock's holder died does not matter.
func (v *Value[T]) UpdateContext(ctx context.Context, fn func(T) T) (value T, err error) {
	err = v.mu.h.run(ctx, func(s *shm.Segment) error {
		for {
			old, stamp := load[T](s)
			if updated := fn(old); publish(s, stamp, updated) {
				value = updated
				return nil
			}
		}
	})
	return value, err
}

// load returns the value and a stamp for publish.
func load[T any](s *shm.Segment) (value T, stamp uint64) {
	if !small[T]() {
		return loadWide[T](s)
	}
	word := s.U64(shm.UserStart).Load()
	return fromWord[T](word), word
}

// publish sets the value if it is still the one that the stamp was read with.
func publish[T any](s *shm.Segment, stamp uint64, value T) bool {
	s.Published()
	if small[T]() {
		return s.U64(shm.UserStart).CompareAndSwap(stamp, toWord(value))
	}
	s.Aux().LockShort()
	defer s.Aux().Unlock() //nolint:errcheck // it is ours
	return storeWide(s, stamp, value)
}

// Mutex returns the value's lock, the same each time; after Close it is closed.
// Closing it closes the value. It is Python's get_lock.
func (v *Value[T]) Mutex() *Mutex { return &v.mu }

// Close ends the use of this handle; other handles, here and in other processes, go
// on. Goroutines that wait for the lock through it get ErrClosed. Closing twice does
// nothing. If the process dies, the kernel closes its handles.
func (v *Value[T]) Close() error { return v.mu.h.shut() }

// MarshalBinary encodes the handle, not the value, for another process. To encode it
// again gives one that is as good. If this process dies before it is decoded,
// UnmarshalBinary fails there. After Close MarshalBinary returns [ErrClosed].
func (v *Value[T]) MarshalBinary() ([]byte, error) { return v.mu.h.marshal() }

// UnmarshalBinary makes v a handle of the variable that b encodes. It returns an error
// that wraps ErrType if that has another type. It may ask the process that sent b for
// a descriptor, which blocks for one round trip. If that process has died it returns
// an error. What the handle was before is replaced, and a closed one is open again.
func (v *Value[T]) UnmarshalBinary(b []byte) error {
	tag, err := layoutOf[T]()
	if err != nil {
		return err
	}
	return v.mu.h.unmarshal(b, func(h shm.Header, size int) error {
		if h != valueHeader[T](tag) || size != wideData[T]() {
			return fmt.Errorf("%w: the handle is not that of a %T", ErrType, v)
		}
		return nil
	})
}
