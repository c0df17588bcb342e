//go:build !unix

package loop

import "os"

// uncatchable reports whether the system keeps sig for itself.
func uncatchable(sig os.Signal) bool { return sig == os.Kill }
