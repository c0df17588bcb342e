//go:build (linux && asyncgo_portable) || darwin || dragonfly || freebsd || netbsd || openbsd

package shm

var files segmentFiles = tempFiles{}
