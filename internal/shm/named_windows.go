package shm

import (
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

// Named memory is a section with a name, as Python's SharedMemory is. The system takes the
// name away with the last handle, so each Named keeps one.

func createNamed(name string, size int) (*Named, error) {
	return openSection(name, func() (windows.Handle, int, error) {
		h, err := section.CreateNamed(name, int64(size))
		return h, size, err
	})
}

func attachNamed(name string) (*Named, error) {
	return openSection(name, func() (windows.Handle, int, error) {
		h, err := section.OpenNamed(name)
		if err != nil {
			return 0, 0, err
		}
		size, err := section.Size(h)
		if err == nil && (size < 1 || size > int64(maxSize)) {
			err = fmt.Errorf("a section of %d bytes is no memory", size)
		}
		if err != nil {
			_ = windows.CloseHandle(h)
			return 0, 0, fmt.Errorf("%w: %w", ErrMismatch, err)
		}
		return h, int(size), nil
	})
}

func openSection(name string, open func() (windows.Handle, int, error)) (*Named, error) {
	if strings.Contains(name, `\`) {
		return nil, fmt.Errorf("%w: a name has no backslash", fs.ErrInvalid)
	}
	h, size, err := open()
	if err != nil {
		return nil, err
	}
	n, err := mapNamed(int(h), name, size)
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, err
	}
	n.parts.keepFile(int(h))
	return n, nil
}

// keepFile makes a handle one that closeFile closes.
func (p *parts) keepFile(fd int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fd = fd
}

// UnlinkNamed looks whether there is the name, which goes with the last handle.
func UnlinkNamed(name string) error {
	h, err := section.OpenNamed(name)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}
