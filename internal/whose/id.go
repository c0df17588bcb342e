package whose

import (
	"bytes"
	"runtime"
	"strconv"

	"github.com/petermattis/goid"
)

// fast says whether goid's assembly read of the runtime's g struct agrees with
// what the runtime prints about itself. goid mirrors that struct for the Go
// releases its author knew, without an upper bound, so a newer toolchain could
// move the field under it: then every answer would be silently wrong. One
// comparison at start, on two goroutines, decides for the life of the process.
var fast = agrees()

// ID returns the id of the calling goroutine. It costs about 2 ns, or about
// a microsecond on a toolchain whose runtime goid does not know.
func ID() int64 {
	if fast {
		return goid.Get()
	}
	return slowID()
}

func agrees() bool {
	if goid.Get() != slowID() {
		return false
	}
	same := make(chan bool)
	go func() { same <- goid.Get() == slowID() }()
	return <-same
}

// slowID parses the header line "goroutine 18 [running]:" of a stack dump,
// which is the only place where the runtime states the id.
func slowID() int64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	if space := bytes.IndexByte(line, ' '); space >= 0 {
		line = line[:space]
	}
	id, err := strconv.ParseInt(string(line), 10, 64)
	if err != nil {
		panic("whose: the runtime's stack header is not understood: " + err.Error())
	}
	return id
}
