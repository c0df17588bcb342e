package shared

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
)

// A Memory is a block of bytes that processes share. It is Python's
// SharedMemory, in two forms.
//
// NewMemory makes a block without a name. It travels to other processes as an
// argument of a call, and the kernel frees it with its last user, whatever that
// one died of. Prefer it.
//
// CreateMemory and OpenMemory share a block by name with programs that have
// nothing else in common, Python's SharedMemory among them. A name stays until
// a program calls Unlink; neither Close nor the death of a process removes it.
// Names are those of shm_open on Linux (/dev/shm) and of CreateFileMapping on Windows,
// where a name goes with the last handle, and with nothing else, as it does in Python. On macOS
// and the BSDs they are files in the folder of temporary files (TMPDIR), for the user who made them and for Go.
//
// The memory is outside the Go heap, and all of it is taken at once: that there is
// not enough is an error of the constructor (ENOMEM, or ENOSPC where /dev/shm is full)
// and never the end of a process. The zero Memory is closed; it can be decoded into. A
// Memory must not be copied.
// Methods without an error panic with ErrClosed after Close.
type Memory struct {
	h handle // without a name

	mu    sync.Mutex
	named *shm.Named // with a name; guarded by mu
}

// NewMemory makes a block of size zeroed bytes without a name. A size below 1
// is an error.
func NewMemory(size int) (*Memory, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	m := new(Memory)
	if err := m.h.create(memoryHeader(size), size); err != nil {
		return nil, err
	}
	return m, nil
}

func memoryHeader(size int) shm.Header {
	return shm.Header{Kind: kindMemory | shm.Sliced, Elem: 1, Len: uint64(size)}
}

func checkSize(size int) error {
	if size < 1 {
		return fmt.Errorf("shared: a size of %d bytes: %w: it must be positive", size, fs.ErrInvalid)
	}
	return nil
}

// CreateMemory makes a block of size zeroed bytes with a name, or with a fresh name if
// it is empty. The name stays after Close, and when the process dies, until
// [Memory.Unlink]. An error wraps [fs.ErrExist] if the name is taken, by an earlier
// call for instance, and [fs.ErrInvalid] if size is below 1 or the name cannot be one:
// it must have no slash (but for one at the start, which is ignored) and no NUL. It is
// SharedMemory(name, create=True, size=size). Where there is no folder for names (Linux
// without /dev/shm) the error names it and the remedy.
func CreateMemory(name string, size int) (*Memory, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	if name == "" {
		id := handoff.NewID()
		name = "asyncgo_" + hex.EncodeToString(id[:8])
	}
	return openNamed(name, size)
}

// OpenMemory attaches to the block of that name, of whatever size it is, on Windows
// in whole pages; each call makes another handle. The block stays when the process that made it dies. An error
// wraps [fs.ErrNotExist] if there is none, and [fs.ErrInvalid] if the name cannot be
// one. It is SharedMemory(name).
func OpenMemory(name string) (*Memory, error) { return openNamed(name, 0) }

// openNamed creates if size is not 0.
func openNamed(name string, size int) (*Memory, error) {
	name = strings.TrimPrefix(name, "/")
	if name == "" || name == "." || name == ".." || len(name) > 250 || strings.ContainsAny(name, "/\x00") {
		return nil, fmt.Errorf("shared: %q: %w: it cannot be the name of a memory", name, fs.ErrInvalid)
	}
	named, err := shm.OpenNamed(name, size)
	if err != nil {
		return nil, fmt.Errorf("shared: memory %q: %w", name, err)
	}
	return &Memory{named: named}, nil
}

// Name returns the name without a slash, or "" for a block that has none. After Close
// it still returns the name; without one it panics with [ErrClosed].
func (m *Memory) Name() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named == nil {
		m.h.must()
		return ""
	}
	return m.named.Name
}

// Bytes returns the memory, not a copy of it; other processes may change it at any
// time. It is Python's buf.
//
// The slice is good until Close, which is what lets go of the memory: see Array.Slice.
// After Close (without a name: of the last handle of this process) it is no longer
// shared: it reads as zeros and what is written to it gets nowhere. A stranger that
// truncates a named block makes access a fault; a block without a name cannot be
// truncated. Bytes itself panics with [ErrClosed] after Close.
func (m *Memory) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named == nil {
		return m.h.must().Slice()
	}
	b := m.named.Bytes()
	if b == nil {
		panic(ErrClosed)
	}
	return b
}

// Size returns the number of bytes. It never changes. After Close it panics with
// [ErrClosed].
func (m *Memory) Size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named == nil {
		return len(m.h.must().Data())
	}
	if m.named.Size() == 0 {
		panic(ErrClosed)
	}
	return m.named.Size()
}

// String tells name and size, as Python's repr does: after Close, that the block is
// closed.
func (m *Memory) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named != nil {
		if n := m.named.Size(); n > 0 {
			return fmt.Sprintf("<Memory %q of %d bytes>", m.named.Name, n)
		}
	} else if s, err := m.h.use(); err == nil {
		return fmt.Sprintf("<Memory of %d bytes>", len(s.Data()))
	}
	return "<Memory closed>"
}

// Unlink removes the name. Processes that have the block keep it; no other can open it
// any more. Without Unlink the name stays when a process dies. On Windows it removes
// nothing: the name goes with the last handle. It works after Close,
// too. An error wraps [fs.ErrNotExist] if the name is gone already, and
// [fs.ErrInvalid] for a block that has none.
func (m *Memory) Unlink() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named == nil {
		return fmt.Errorf("shared: %w: the memory has no name to remove", fs.ErrInvalid)
	}
	if err := shm.UnlinkNamed(m.named.Name); err != nil {
		return fmt.Errorf("shared: memory %q: %w", m.named.Name, err)
	}
	return nil
}

// Close ends the use of this handle; others go on, and a name stays. Closing twice
// does nothing. If the process dies, the kernel closes its handles.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named != nil {
		m.named.Close()
		return nil
	}
	return m.h.shut()
}

// The first byte of an encoded Memory.
const (
	memoryUnnamed = 0
	memoryNamed   = 1
)

// MarshalBinary encodes the handle for another process. A named block is sent by its
// name: to decode it after Unlink is fs.ErrNotExist. To encode it again gives one that
// is as good. If this process dies before a block without a name is decoded,
// UnmarshalBinary fails there. After Close MarshalBinary returns [ErrClosed].
func (m *Memory) MarshalBinary() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named == nil {
		b, err := m.h.marshal()
		return append([]byte{memoryUnnamed}, b...), err
	}
	if m.named.Size() == 0 {
		return nil, ErrClosed
	}
	return append([]byte{memoryNamed}, m.named.Name...), nil
}

// UnmarshalBinary makes m a handle of the block that b encodes. For one without a name
// it may ask the process that sent b for a descriptor, which blocks for one round
// trip. If that process has died it returns an error. What the handle was before is
// replaced, and a closed one is open again.
func (m *Memory) UnmarshalBinary(b []byte) error {
	if len(b) == 0 {
		return errors.New("shared: no bytes are no handle")
	}
	var named *shm.Named
	if b[0] == memoryNamed {
		other, err := OpenMemory(string(b[1:]))
		if err != nil {
			return err
		}
		named = other.named
	} else if err := m.h.unmarshal(b[1:], func(h shm.Header, size int) error {
		if size < 1 || h != memoryHeader(size) {
			return fmt.Errorf("%w: the handle is not that of a Memory", ErrType)
		}
		return nil
	}); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named != nil {
		m.named.Close()
	}
	if m.named = named; named != nil {
		return m.h.shut()
	}
	return nil
}
