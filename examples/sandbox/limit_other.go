//go:build !linux

package main

import (
	"errors"
	"fmt"
)

// limitMemory refuses: other systems do not count all of a Go program's memory.
func limitMemory(int64) error {
	return fmt.Errorf("a limit for the memory of a process needs Linux: %w", errors.ErrUnsupported)
}
