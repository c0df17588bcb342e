//go:build !unix

package stream

import "io"

// nonblocking has no way to write without waiting here: a goroutine sends everything.
func nonblocking(io.Writer) tryWrite { return nil }
