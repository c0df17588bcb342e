package future

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/internal/stacks"
)

// A PanicError is the outcome of work that panicked or ended its goroutine with
// [runtime.Goexit]. Printed with %+v it has the stack too.
type PanicError struct {
	Value    any    // what was passed to panic; nil after Goexit
	Goexit   bool   // the work called runtime.Goexit, as t.FailNow does
	Function string // name of the work; empty if it has none
	Worker   string // where it ran, as in "worker process 123"; empty if there is nothing to say
	Stack    []byte // of the goroutine at the panic
}

// Error returns one line with what is known of the place: the work, its worker and
// the first line of the stack that is neither of the standard library nor of this
// one.
func (e *PanicError) Error() string {
	var b strings.Builder
	if e.Goexit {
		b.WriteString("runtime.Goexit")
	} else {
		b.WriteString("panic")
	}
	if e.Function != "" {
		fmt.Fprintf(&b, " in %q", e.Function)
	}
	if e.Worker != "" {
		fmt.Fprintf(&b, " (%s)", e.Worker)
	}
	if !e.Goexit {
		b.WriteString(": ")
		b.WriteString(strings.TrimPrefix(fmt.Sprint(e.Value), "runtime error: "))
	}
	if f, ok := stacks.Culprit(e.Stack); ok {
		fmt.Fprintf(&b, " at %s:%d", path.Base(f.File), f.Line)
	}
	return b.String()
}

// Format implements [fmt.Formatter]: %+v adds the stack.
func (e *PanicError) Format(f fmt.State, verb rune) {
	switch {
	case e == nil:
		_, _ = io.WriteString(f, "<nil>")
	case verb == 'v' && f.Flag('#'):
		type plain PanicError // without this method
		_, _ = fmt.Fprintf(f, "%#v", (*plain)(e))
	case verb == 'v' && f.Flag('+'):
		_, _ = io.WriteString(f, e.Error())
		if len(e.Stack) > 0 {
			_, _ = fmt.Fprintf(f, "\n\n%s", e.Stack)
		}
	default:
		_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), e.Error())
	}
}

// Unwrap returns the value given to panic if that was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
