// Package origin remembers where things were made, for the reports of loops in
// debug mode.
package origin

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
)

// wanted counts the loops in debug mode, so that code which makes futures pays
// one load, of a value that hardly ever changes, while there is none.
var wanted atomic.Int32

// Want declares that one more loop is in debug mode, or with -1 one less.
func Want(n int32) { wanted.Add(n) }

// Wanted reports whether any loop of the process is in debug mode.
func Wanted() bool { return wanted.Load() != 0 }

// depth is how many frames a Site keeps, as in asyncio.
const depth = 10

// A Site is the place where something was made: the stack of its maker.
type Site struct{ pcs []uintptr }

// Here returns the place of its caller's caller, less skip frames more.
func Here(skip int) *Site {
	var buf [depth]uintptr
	n := runtime.Callers(skip+3, buf[:])
	return &Site{pcs: append([]uintptr(nil), buf[:n]...)}
}

// Frames returns the stack, innermost first.
func (s *Site) Frames() []runtime.Frame {
	if s == nil || len(s.pcs) == 0 {
		return nil
	}
	frames := make([]runtime.Frame, 0, len(s.pcs))
	iter := runtime.CallersFrames(s.pcs)
	for {
		f, more := iter.Next()
		frames = append(frames, f)
		if !more {
			return frames
		}
	}
}

// Line returns the innermost place as "function at file:line", or "" of a nil
// Site.
func (s *Site) Line() string {
	frames := s.Frames()
	if len(frames) == 0 {
		return ""
	}
	return fmt.Sprintf("%s at %s:%d", frames[0].Function, frames[0].File, frames[0].Line)
}

// String returns the stack in the form of the runtime's own dumps, or "" of a
// nil Site.
func (s *Site) String() string {
	var b strings.Builder
	for _, f := range s.Frames() {
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return b.String()
}
