//go:build dragonfly || netbsd || openbsd || asyncgo_polling

package shm

import (
	"sync/atomic"
	"time"
)

const hasSysWait = false

func sysWait(*atomic.Uint32, uint32, time.Duration) {}
func sysWake(*atomic.Uint32, int) int               { return 0 }
