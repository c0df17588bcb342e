package stacks

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"runtime"
	"strings"
)

// Culprit returns the call in a stack of debug.Stack, taken in a deferred call while
// its goroutine panicked or ended, that the user wrote: the innermost one behind
// the panic that belongs neither to the standard library nor to this module.
func Culprit(stack []byte) (f Frame, ok bool) {
	var second Frame // there may be nothing of the user, or it is not told from the standard library
	for _, g := range Parse(stack) {
		begun := false
		for _, f := range g.Frames {
			switch {
			case f.Func == "panic" || f.Func == "runtime.Goexit":
				begun = true
			case !begun || ours(f) || strings.HasPrefix(f.Func, "runtime."):
			case !standard(f):
				return f, true
			case second.Func == "":
				second = f
			}
		}
	}
	return second, second.Func != ""
}

// Place names the innermost call of a stack that the user wrote, or else the innermost
// that this module did not make, with its file and line; "" if there is none.
func Place(frames []Frame) string {
	f, ok := Innermost(frames)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s (%s:%d)", f.Func, f.File, f.Line)
}

// Innermost returns the call that Place names.
func Innermost(frames []Frame) (f Frame, ok bool) {
	for _, g := range frames {
		switch {
		case ours(g) || strings.HasPrefix(g.Func, "runtime."):
		case !standard(g):
			return g, true
		case !ok:
			f, ok = g, true
		}
	}
	return f, ok
}

// module is the path of this module.
var module = strings.TrimSuffix(reflect.TypeFor[Frame]().PkgPath(), "internal/stacks")

// ours reports whether the frame belongs to the library. Its tests and examples do
// not.
func ours(f Frame) bool {
	inner, ok := strings.CutPrefix(f.Func, module)
	if !ok {
		return strings.HasPrefix(f.Func, "github.com/sourcegraph/conc/")
	}
	return !strings.HasPrefix(inner, "examples/") && !strings.HasSuffix(f.File, "_test.go") && !strings.Contains(inner, "/executortest.")
}

// standardSource is the folder of the standard library's source, empty in a binary
// whose paths were trimmed.
var standardSource = func() string {
	_, file, _, _ := runtime.Caller(0)
	pc := reflect.ValueOf(errors.New).Pointer()
	name, _ := runtime.FuncForPC(pc).FileLine(pc)
	if !path.IsAbs(file) && !strings.Contains(file, ":") {
		return ""
	}
	return strings.TrimSuffix(name, "errors/errors.go")
}()

func standard(f Frame) bool {
	if standardSource != "" {
		return strings.HasPrefix(f.File, standardSource)
	}
	// The packages of the standard library have no dot in the first element of
	// their path. Package main has none either.
	first, _, _ := strings.Cut(f.Func, "/")
	if strings.HasPrefix(f.Func, "main.") {
		return false
	}
	if first == f.Func {
		first, _, _ = strings.Cut(first, ".")
	}
	return !strings.Contains(first, ".")
}
