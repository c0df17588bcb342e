//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package proc

import "os"

// A handle is what a worker inherits, as the parent has it.
type handle = *os.File

// Pipe is os.Pipe whose read end has deadlines.
func Pipe() (r, w *os.File, err error) { return os.Pipe() }
