//go:build (linux && asyncgo_portable) || darwin || dragonfly || netbsd || openbsd

package proc

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }
