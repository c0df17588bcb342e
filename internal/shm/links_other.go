//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

import "unsafe"

// linkPages is nothing: these locks need no more than their words.
type linkPages struct{}

func (linkPages) reserve() (words unsafe.Pointer, err error) { return reserveRange(span) }
func (linkPages) upTo(int) error                             { return nil }
