//go:build (unix && !linux) || windows || asyncgo_portable

package leftover

import "github.com/seed-1b9fde7b/asyncgo/internal/live"

// forLife opens what a process keeps to its end.
func forLife() { _, _, _ = live.Start() }
