//go:build linux && race

package executor_test

import "os"

func init() {
	promptly *= 10
	// A process with the race detector sleeps for a second when it exits, which
	// is a long time for a worker that leaves.
	if os.Getenv("GORACE") == "" {
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
}
