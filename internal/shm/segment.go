package shm

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// The layout of a control page.
const (
	magic = 0x61_73_79_6e_63_67_6f_31 // "asyncgo1"

	offMagic = 0
	offKind  = 8
	offElem  = 12
	offLen   = 16
	offTag   = 24
	offID    = 32
	offTree  = 48 // of which processes: see lockTree

	offMain = 64  // the lock that users see
	offAux  = 128 // the lock of the implementation

	// UserStart is where the words of the segment's owner begin.
	UserStart = 192
	// UserEnd is where they end, whatever the size of a page is.
	UserEnd = 4096
)

// ErrClosed is returned for a segment that this process has closed.
var ErrClosed = errors.New("closed")

// ErrMismatch is returned for a segment that is not what its handle says.
var ErrMismatch = errors.New("the memory does not match the handle")

// A Header says what a segment holds. Two processes that share a segment must
// agree on all of it.
type Header struct {
	Kind uint32 // the type of handle, with Sliced if slices of the data are handed out
	Elem uint32 // bytes of one element
	Len  uint64 // number of elements
	Tag  uint64 // a digest of the element's type
}

// Sliced is the bit of Header.Kind for data of which users have slices. It goes
// with the last handle; other data goes when no call can be using it.
const Sliced = 1 << 31

// A Segment is shared memory that this process has mapped. It stays mapped for as
// long as the Segment or a lock of it that this process holds is reachable; Release
// only ends its use.
type Segment struct {
	order // for the race detector

	id   handoff.ID
	head Header
	size int // bytes of data, without the rounding to pages

	control unsafe.Pointer
	data    []byte
	parts   *parts

	main, aux Lock

	handles int // open handles of this process, and references on their way; guarded by tableMu

	mu    sync.Mutex
	lots  map[uintptr]*Lot // guarded by mu
	cells map[int]*Lock    // guarded by mu
	local any              // guarded by mu

	recheck chan struct{} // closed by WakeAll if it is wanted; guarded by mu
	tidy    func(bool)    // see Tidy; guarded by mu
}

// Create makes a segment with size bytes of zeroed data and one handle. The memory
// is taken at once: there is an error now, or none later.
func Create(h Header, size int) (*Segment, error) { return CreateSparse(h, size, size) }

// CreateSparse is Create for data of which only the first bytes get their memory at
// once. The others must get it from Reserve before they are used.
func CreateSparse(h Header, size, first int) (*Segment, error) {
	if size < 0 || size > maxSize {
		return nil, sizeError(size)
	}
	all.makeRoom(size)
	return withRoom(func() (*Segment, error) {
		fd, err := files.create(size, first)
		if err != nil {
			return nil, err
		}
		s, err := mapSegment(fd, handoff.NewID(), h, size)
		if err != nil {
			return nil, err
		}
		s.writeHeader()
		return keep(s), nil
	})
}

// Reserve takes the memory for the data from one offset to another.
func (s *Segment) Reserve(from, to int) error {
	_, err := withRoom(func() (struct{}, error) {
		return struct{}{}, s.parts.reserve(int64(dataStart+from), int64(dataStart+to))
	})
	return err
}

// Resolve finds the segment that ref stands for: among those of this process,
// or by asking the process that sent it. What comes back is checked against h
// and size before other code sees it, and has one more handle, which is the caller's.
func Resolve(ref handoff.Ref, h Header, size int) (*Segment, error) {
	if s := acquire(ref.Object); s != nil {
		return s.fits(h, size)
	}
	if size < 0 || size > maxSize {
		return nil, fmt.Errorf("%w: a size of %d bytes", ErrMismatch, size)
	}
	all.makeRoom(size)
	s, err := withRoom(func() (*Segment, error) { return attach(ref, h, size) })
	if err != nil {
		return nil, err
	}
	// Two goroutines may have fetched the same segment: the first to get
	// here wins, because both must wait in the same queue for its locks.
	return keep(s).fits(h, size)
}

// attach fetches and maps a segment that this process does not have.
func attach(ref handoff.Ref, h Header, size int) (*Segment, error) {
	f, err := handoff.Fetch(ref)
	if err != nil {
		return nil, err
	}
	fd, err := files.take(f)
	if err != nil {
		return nil, err
	}
	if err := files.check(fd, size); err != nil {
		files.close(fd)
		return nil, err
	}
	s, err := mapSegment(fd, ref.Object, h, size)
	if err != nil {
		return nil, err
	}
	if err := s.checkHeader(); err != nil {
		s.Release()
		return nil, err
	}
	return s, nil
}

// ID returns the segment's name among the processes.
func (s *Segment) ID() handoff.ID { return s.id }

// Main returns the lock that users of the segment see.
func (s *Segment) Main() *Lock { return &s.main }

// Aux returns the lock that implementations use for themselves.
func (s *Segment) Aux() *Lock { return &s.aux }

// Head returns what the segment holds.
func (s *Segment) Head() Header { return s.head }

// U32 returns the word at an offset of the control page.
func (s *Segment) U32(off uintptr) *atomic.Uint32 {
	return (*atomic.Uint32)(unsafe.Add(s.control, off))
}

// U64 returns the double word at an offset of the control page.
func (s *Segment) U64(off uintptr) *atomic.Uint64 {
	return (*atomic.Uint64)(unsafe.Add(s.control, off))
}

// At returns the address of an offset of the control page.
func (s *Segment) At(off uintptr) unsafe.Pointer { return unsafe.Add(s.control, off) }

// Data returns the data. It is valid while the segment is reachable.
func (s *Segment) Data() []byte { return s.data }

// Slice returns the data for a user, which may have it when the segment is long
// unreachable: see parts.slice.
func (s *Segment) Slice() []byte {
	s.parts.slice()
	return s.data
}

// shut lets go of what goes with the last handle.
func (s *Segment) shut() {
	s.parts.closeFile()
	if s.head.Kind&Sliced != 0 {
		s.parts.retire()
	}
	s.mu.Lock()
	tidy := s.tidy
	s.tidy = nil
	s.mu.Unlock()
	if tidy != nil {
		tidy(true)
	}
}

// Tidy makes fn run when memory or descriptors are short, and with true when the last
// handle is closed, to let go of what the segment's owner need not keep.
func (s *Segment) Tidy(fn func(closed bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy = fn
}

// tidyAll runs what Tidy was given, of all open segments.
func tidyAll() {
	for _, s := range listed() {
		s.mu.Lock()
		tidy := s.tidy
		s.mu.Unlock()
		if tidy != nil {
			tidy(false)
		}
	}
}

// Local returns what the handles of this process share besides the memory. The
// first caller makes it.
func Local[T any](s *Segment) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.local == nil {
		s.local = new(T)
	}
	return s.local.(*T)
}

func (s *Segment) fits(h Header, size int) (*Segment, error) {
	if s.head != h || s.size != size {
		defer s.Release()
		return nil, fmt.Errorf("%w: it holds %+v in %d bytes, the handle says %+v in %d bytes", ErrMismatch, s.head, s.size, h, size)
	}
	return s, nil
}

func (s *Segment) writeHeader() {
	s.U32(offKind).Store(s.head.Kind)
	s.U32(offElem).Store(s.head.Elem)
	s.U64(offLen).Store(s.head.Len)
	s.U64(offTag).Store(s.head.Tag)
	copy(unsafe.Slice((*byte)(s.At(offID)), len(s.id)), s.id[:])
	s.U64(offTree).Store(lockTree())
	s.U64(offMagic).Store(magic)
}

func (s *Segment) checkHeader() error {
	if s.U64(offMagic).Load() != magic {
		return fmt.Errorf("%w: it has no asyncgo header", ErrMismatch)
	}
	if s.U64(offTree).Load() != lockTree() {
		return fmt.Errorf("%w: it belongs to another tree of processes, which this one cannot tell the living from the dead of: share through a pool of the program that made it", ErrMismatch)
	}
	var id handoff.ID
	copy(id[:], unsafe.Slice((*byte)(s.At(offID)), len(id)))
	is := Header{
		Kind: s.U32(offKind).Load(),
		Elem: s.U32(offElem).Load(),
		Len:  s.U64(offLen).Load(),
		Tag:  s.U64(offTag).Load(),
	}
	if is != s.head || id != s.id {
		return fmt.Errorf("%w: it holds %+v, the handle says %+v", ErrMismatch, is, s.head)
	}
	runtime.KeepAlive(s)
	return nil
}
