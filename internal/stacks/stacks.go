// Package stacks reads the stacks of other goroutines. The runtime gives them away
// only as text, all at once and with the world stopped, so this is for reports that
// were asked for, or of something that has gone wrong already.
package stacks

import (
	"bytes"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// A Frame is one call on a stack.
type Frame struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// A Goroutine is what a dump says of one goroutine.
type Goroutine struct {
	ID     int64
	State  string  // as the runtime puts it: "running", "chan receive, 2 minutes"
	Frames []Frame // innermost first
}

// String returns the stack in the runtime's form.
func (g Goroutine) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "goroutine %d [%s]:\n", g.ID, g.State)
	for _, f := range g.Frames {
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Func, f.File, f.Line)
	}
	return b.String()
}

const (
	// tooMany is the number of goroutines at which a dump is refused: the
	// world would stand still for most of a second.
	tooMany = 50_000
	// maxDump bounds the text of a dump.
	maxDump = 256 << 20
)

// All returns the goroutines of the process by id; ok is false where there are too
// many of them to stop the world for.
func All() (all map[int64]Goroutine, ok bool) {
	if runtime.NumGoroutine() > tooMany {
		return nil, false
	}
	for size := 1 << 18; ; size *= 4 {
		buf := make([]byte, min(size, maxDump))
		n := runtime.Stack(buf, true)
		if n < len(buf) || size >= maxDump {
			return Parse(buf[:n]), true
		}
	}
}

// Of returns one goroutine.
func Of(id int64) (g Goroutine, ok bool) {
	all, _ := All()
	g, ok = all[id]
	return g, ok
}

// Parse reads a dump. What it does not understand, it leaves out.
func Parse(dump []byte) map[int64]Goroutine {
	all := make(map[int64]Goroutine)
	for block := range bytes.SplitSeq(dump, []byte("\n\n")) {
		if g, ok := parseOne(string(block)); ok {
			all[g.ID] = g
		}
	}
	return all
}

func parseOne(block string) (Goroutine, bool) {
	header, rest, _ := strings.Cut(block, "\n")
	header, ok := strings.CutPrefix(header, "goroutine ")
	if !ok {
		return Goroutine{}, false
	}
	number, state, _ := strings.Cut(header, " ")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return Goroutine{}, false
	}
	if open := strings.IndexByte(state, '['); open >= 0 {
		state = state[open+1:] // some runtimes print more before the state
	}
	g := Goroutine{ID: id, State: strings.TrimSuffix(state, "]:")}
	var fn string
	for line := range strings.SplitSeq(rest, "\n") {
		place, isPlace := strings.CutPrefix(line, "\t")
		switch {
		case !isPlace:
			fn = line
		case strings.HasPrefix(fn, "created by "):
		case fn != "":
			f := Frame{Func: funcOf(fn)}
			f.File, f.Line = placeOf(place)
			g.Frames = append(g.Frames, f)
			fn = ""
		}
	}
	return g, true
}

// funcOf cuts the arguments off "pkg.(*T).f(0x1, {0x2, 0x3})".
func funcOf(call string) string {
	if !strings.HasSuffix(call, ")") {
		return call
	}
	depth := 0
	for i := len(call) - 1; i >= 0; i-- {
		switch call[i] {
		case ')':
			depth++
		case '(':
			depth--
			if depth == 0 {
				return call[:i]
			}
		}
	}
	return call
}

// placeOf reads "/dir/file.go:12 +0x34".
func placeOf(place string) (file string, line int) {
	place, _, _ = strings.Cut(place, " +0x")
	colon := strings.LastIndexByte(place, ':')
	if colon < 0 {
		return place, 0
	}
	line, err := strconv.Atoi(place[colon+1:])
	if err != nil {
		return place, 0
	}
	return place[:colon], line
}
