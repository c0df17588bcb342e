package shm

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
)

// dataStart is where the data of a segment begins: where a view can.
const dataStart = section.Granularity

var files segmentFiles = sections{}

// sections are memory without a name. All of it is charged when it is made, also what
// is to be reserved later: the others could not read it without a fault otherwise.
type sections struct{}

func (sections) place() string { return "the page file" }

func (sections) create(size, _ int) (int, error) {
	h, err := section.Create(fileSize(size))
	if err != nil {
		return -1, fmt.Errorf("shared memory of %d bytes: %w", size, err)
	}
	return int(h), nil
}

func (sections) check(fd, size int) error {
	if size < 0 || size > maxSize {
		return fmt.Errorf("%w: a size of %d bytes", ErrMismatch, size)
	}
	is, err := section.Size(windows.Handle(fd))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMismatch, err)
	}
	if is != fileSize(size) {
		return fmt.Errorf("%w: the memory has %d bytes, not %d", ErrMismatch, is, fileSize(size))
	}
	return nil
}

func (sections) reserve(int, int64, int64) error { return nil }

func (sections) take(f *os.File) (int, error) {
	defer f.Close()
	return sections{}.dup(int(f.Fd()))
}

func (sections) dup(fd int) (int, error) {
	var dup windows.Handle
	err := windows.DuplicateHandle(windows.CurrentProcess(), windows.Handle(fd), windows.CurrentProcess(), &dup, 0, false, windows.DUPLICATE_SAME_ACCESS)
	return int(dup), os.NewSyscallError("DuplicateHandle", err)
}

func (sections) close(fd int) { _ = windows.CloseHandle(windows.Handle(fd)) }
