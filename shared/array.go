package shared

import (
	"context"
	"fmt"
	"io/fs"
	"math"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// An Array is a fixed number of elements that processes share, of a number
// type, bool, or an array or struct of those. It is Python's
// multiprocessing.Array.
//
// Slice is the memory itself: use it when the work is divided so that no process
// touches another's part, or with the lock held. Get and Set are whole for each
// other and do not wait for the lock. Update runs a function under the lock. A
// process that dies can leave a half-written element, unless that is one number or
// takes 4 or 8 bytes; a Value cannot be left so.
//
// An Array travels to other processes as an argument of a call, at the same
// cost for any size. Its memory is outside the Go heap: it does not count there. The
// zero Array is closed; it can be decoded into. An Array must not be copied. Methods
// without an error panic with ErrClosed after Close.
type Array[T any] struct{ mu Mutex }

// NewArray makes an array of n zeroed elements; zero elements are allowed. All of
// its memory is taken at once, which costs what the first use of each page would
// have cost: some 0.3 s for a GiB. It returns an error that wraps ErrType and names
// the part of T that cannot be shared, fs.ErrInvalid if n is negative, or ENOMEM,
// ENOSPC or EMFILE if the machine, or the control group of this process, has not that
// much memory or so many descriptors. It is Array(type, n) of Python.
func NewArray[T any](n int) (*Array[T], error) {
	head, err := arrayHeader[T](n)
	if err != nil {
		return nil, err
	}
	a := new(Array[T])
	if err := a.mu.h.create(head, n*sizeOf[T]()); err != nil {
		return nil, err
	}
	return a, nil
}

// NewArrayFrom makes an array of copies of the given elements. It is
// Array(type, sequence) of Python.
func NewArrayFrom[T any](elements []T) (*Array[T], error) {
	a, err := NewArray[T](len(elements))
	if err != nil {
		return nil, err
	}
	copy(arraySlice[T](a.mu.h.must()), elements)
	return a, nil
}

func arrayHeader[T any](n int) (shm.Header, error) {
	tag, err := layoutOf[T]()
	if err != nil {
		return shm.Header{}, err
	}
	if n < 0 {
		return shm.Header{}, fmt.Errorf("shared: an array of %d elements is not possible: %w", n, fs.ErrInvalid)
	}
	if n > math.MaxInt/sizeOf[T]() {
		return shm.Header{}, fmt.Errorf("shared: an array of %d elements of %d bytes is more than a process can map: %w", n, sizeOf[T](), syscall.ENOMEM)
	}
	return shm.Header{Kind: kindArray | shm.Sliced, Elem: uint32(sizeOf[T]()), Len: uint64(n), Tag: tag}, nil
}

// Len returns the number of elements. After Close it panics with [ErrClosed].
func (a *Array[T]) Len() int { return int(a.mu.h.must().Head().Len) }

// Slice returns the elements, not a copy of them. The slice is memory that other
// processes may change at any time: divide the work, or hold the lock.
//
// The slice is good until the array is closed, which is what lets go of the memory:
// the garbage collector does not see what uses it. So close an array that you have
// sliced; one that becomes unreachable without Close stays in memory, for its slices.
// Only in a worker process does the memory go with the handle as soon as the call is
// over that has sliced it, be it an argument, a result or neither; keep the handle to
// keep the slice. What an initializer slices stays.
//
// After the last handle of this process was closed, a call that is under way with the
// array counting as one, a slice is no longer shared: it reads as zeros and what is
// written to it gets nowhere. Slice itself panics with [ErrClosed] after Close.
func (a *Array[T]) Slice() []T {
	s := a.mu.h.must()
	s.Slice()
	return arraySlice[T](s)
}

func arraySlice[T any](s *shm.Segment) []T {
	data := s.Data()
	if len(data) == 0 {
		return []T{}
	}
	n := len(data) / sizeOf[T]()
	return unsafe.Slice((*T)(unsafe.Pointer(&data[0])), n)
}

// Get returns element i. It panics if i is out of range, as an index does, and with
// [ErrClosed] after Close. A process that dies while it sets the element can leave
// half of it, unless it is one number or takes 4 or 8 bytes.
func (a *Array[T]) Get(i int) T {
	s := a.mu.h.must()
	p := &arraySlice[T](s)[i]
	switch sizeOf[T]() {
	case 4:
		word := atomic.LoadUint32((*uint32)(unsafe.Pointer(aligned(p, 4))))
		runtime.KeepAlive(s)
		return *(*T)(unsafe.Pointer(&word))
	case 8:
		word := atomic.LoadUint64((*uint64)(unsafe.Pointer(aligned(p, 8))))
		runtime.KeepAlive(s)
		return fromWord[T](word)
	}
	s.Aux().LockShort()
	defer s.Aux().Unlock() //nolint:errcheck // it is ours
	return *p
}

// Set sets element i. It panics if i is out of range, as an index does, and with
// [ErrClosed] after Close. A process that dies while it sets the element can leave
// half of it, unless it is one number or takes 4 or 8 bytes.
func (a *Array[T]) Set(i int, value T) {
	s := a.mu.h.must()
	p := &arraySlice[T](s)[i]
	switch sizeOf[T]() {
	case 4:
		var word uint32
		*(*T)(unsafe.Pointer(&word)) = value
		atomic.StoreUint32((*uint32)(unsafe.Pointer(aligned(p, 4))), word)
		runtime.KeepAlive(s)
		return
	case 8:
		atomic.StoreUint64((*uint64)(unsafe.Pointer(aligned(p, 8))), toWord(value))
		runtime.KeepAlive(s)
		return
	}
	s.Aux().LockShort()
	defer s.Aux().Unlock() //nolint:errcheck // it is ours
	*p = value
}

// aligned states what holds for every element of 4 or 8 bytes: the data starts
// on a page, so elements lie at multiples of their size.
func aligned[T any](p *T, size uintptr) *T {
	if uintptr(unsafe.Pointer(p))%size != 0 {
		panic("shared: an element is not aligned")
	}
	return p
}

// Update runs fn on the elements with the lock held, so fn must not take it, nor keep
// the slice; Update inside fn returns [ErrReentry]. A panic in fn, or runtime.Goexit,
// releases the lock and leaves what fn has done so far, as an exception does in
// Python.
//
// Update waits for the lock for as long as it takes; in a task it suspends the task.
// If the previous holder died with the lock, some elements may be changed and others
// not: fn is not run, and the error is [ErrOwnerDied], in every process, until a
// holder that has taken the lock with Mutex has repaired the elements and called
// Consistent. After Close it returns [ErrClosed]. It is "with a.get_lock():".
func (a *Array[T]) Update(fn func(elements []T)) error {
	return a.UpdateContext(context.Background(), fn)
}

// UpdateContext is [Array.Update] that gives up when ctx ends while it waits for the
// lock; it returns ctx's error then, without running fn. Its other errors are those of
// Update: [ErrOwnerDied] if the last holder died, [ErrClosed] after Close,
// [ErrReentry] inside an fn of the same array.
func (a *Array[T]) UpdateContext(ctx context.Context, fn func(elements []T)) error {
	return a.mu.h.run(ctx, func(s *shm.Segment) error {
		if pid := s.Main().Dead(); pid != 0 {
			return &OwnerDiedError{PID: pid}
		}
		fn(arraySlice[T](s))
		return nil
	})
}

// Mutex returns the array's lock, the same each time; after Close it is closed.
// Closing it closes the array. It is Python's get_lock.
func (a *Array[T]) Mutex() *Mutex { return &a.mu }

// Close ends the use of this handle; other handles, here and in other processes, go
// on. With the last handle of a process its share of the memory is given back.
// Goroutines that wait for the lock through the handle get ErrClosed. Closing twice
// does nothing. If the process dies, the kernel closes its handles.
func (a *Array[T]) Close() error { return a.mu.h.shut() }

// MarshalBinary encodes the handle, not the elements, for another process. To encode
// it again gives one that is as good. If this process dies before it is decoded,
// UnmarshalBinary fails there. After Close MarshalBinary returns [ErrClosed].
func (a *Array[T]) MarshalBinary() ([]byte, error) { return a.mu.h.marshal() }

// UnmarshalBinary makes a a handle of the array that b encodes. It returns an error
// that wraps ErrType if its elements have another type. It may ask the process that
// sent b for a descriptor, which blocks for one round trip. If that process has died
// it returns an error. What the handle was before is replaced, and a closed one is
// open again.
func (a *Array[T]) UnmarshalBinary(b []byte) error {
	return a.mu.h.unmarshal(b, func(h shm.Header, size int) error {
		if h.Len > math.MaxInt {
			return fmt.Errorf("%w: an array of %d elements", ErrType, h.Len)
		}
		want, err := arrayHeader[T](int(h.Len))
		if err == nil && (h != want || size != int(h.Len)*sizeOf[T]()) {
			err = fmt.Errorf("%w: the handle is not that of a %T", ErrType, a)
		}
		return err
	})
}
