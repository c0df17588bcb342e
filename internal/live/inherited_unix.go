//go:build unix

package live

import "github.com/seed-1b9fde7b/asyncgo/internal/worker"

// Handed is the descriptor of the file in a worker.
const Handed = 5

// A worker has the file before any package is initialized that can use it: its own
// packages may make shared memory before package proc is.
func init() {
	if worker.Started.Mine {
		Adopt(Handed)
	}
}
