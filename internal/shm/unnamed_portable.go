//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

// unnamed makes a file that other programs do not find.
func unnamed() (int, nameless, error) { return unnamedByName() }
