//go:build dragonfly || freebsd || netbsd || openbsd

package proc

var sysStates states = unknown{}

// unknown is what can be told without asking the system.
type unknown struct{}

func (unknown) stopped(int) bool { return false }
func (unknown) exiting(int) bool { return true }
func (unknown) rss(int) int64    { return 0 }
