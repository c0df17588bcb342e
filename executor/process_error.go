package executor

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// ErrNoMain is returned by [NewProcessPool] when [Main] was not called.
var ErrNoMain = errors.New("executor: executor.Main was not called: make executor.Main() the first statement of main, and of TestMain in tests")

// A StartError says that a worker process could not be brought up. When that has
// happened some times in a row the pool is broken.
type StartError struct {
	Worker string // the worker's name
	PID    int    // of the process; 0 if there was none
	Exit   string // how it ended, such as "exit code 2"; empty if there was none
	Stderr string // last lines that it wrote there
	Err    error  // what went wrong
}

// Error returns one line, with the last line that the process wrote.
func (e *StartError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "executor: worker process %s did not start: %v", e.Worker, e.Err)
	if e.PID != 0 {
		fmt.Fprintf(&b, " (pid %d, %s)", e.PID, e.Exit)
	}
	if line := lastWords(e.Stderr, dumped(e.Exit)); line != "" {
		fmt.Fprintf(&b, ": %s", line)
	}
	return b.String()
}

// Unwrap returns what went wrong.
func (e *StartError) Unwrap() error { return e.Err }

// A PoisonError is the outcome of a call that killed its worker each time that it
// was tried; see ProcessConfig.Retry.
type PoisonError struct {
	Function string // name of the call
	Attempts int    // how often it was tried
	Err      error  // the last worker's [*CrashError]
}

// Error returns one line.
func (e *PoisonError) Error() string {
	return fmt.Sprintf("executor: %q killed its worker %d times: %v", e.Function, e.Attempts, e.Err)
}

// Unwrap returns the last crash.
func (e *PoisonError) Unwrap() error { return e.Err }

// tailSize is how much of the end of a worker's standard error goes into its
// CrashError, and headSize how much of the beginning of a dump that is longer: that
// says why, where the end has the last of some thousand goroutines.
const (
	tailSize = 8 << 10
	headSize = 2 << 10
)

// A tail holds the end of what went through it, and the beginning of the last dump
// of a Go program that may be in there.
type tail struct {
	mu    sync.Mutex
	buf   []byte
	total int64 // bytes that went through
	head  []byte
	from  int64 // where head begins, counted in bytes that went through
}

// add takes whole lines.
func (t *tail) add(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.addHead(b)
	t.total += int64(len(b))
	t.buf = append(t.buf, b[max(0, len(b)-tailSize):]...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
}

func (t *tail) addHead(b []byte) {
	if at := dumpIn(b); at >= 0 {
		t.head, t.from = t.head[:0], t.total+int64(at)
		b = b[at:]
	} else if len(t.head) == 0 {
		return
	}
	if room := headSize - len(t.head); room > 0 {
		t.head = append(t.head, b[:min(len(b), room)]...)
	}
}

// dumpMarks begin the line that says why a Go program ends.
var dumpMarks = [][]byte{[]byte("panic: "), []byte("fatal error: ")}

// dumpIn returns where in b the last line begins that has one of the marks, -1 if
// there is none.
func dumpIn(b []byte) int {
	last := -1
	for _, mark := range dumpMarks {
		for end := len(b); end > 0; {
			at := bytes.LastIndex(b[:end], mark)
			if at < 0 {
				break
			}
			if at == 0 || b[at-1] == '\n' {
				last = max(last, at)
				break
			}
			end = at
		}
	}
	return last
}

// text returns the last lines, all of them whole. If the process ended with a dump, its
// beginning comes first.
func (t *tail) text(dumped bool) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, begin := t.buf, t.total-int64(len(t.buf))
	if begin > 0 {
		if i := bytes.IndexByte(s, '\n'); i >= 0 && i+1 < len(s) {
			s, begin = s[i+1:], begin+int64(i)+1
		}
	}
	text := string(s)
	if dumped && len(t.head) > 0 && t.from < begin {
		head := t.head[:min(int64(len(t.head)), begin-t.from)]
		head = head[:bytes.LastIndexByte(head, '\n')+1]
		if left := begin - t.from - int64(len(head)); left > 0 {
			text = fmt.Sprintf("%s… (%d bytes left out)\n%s", head, left, s)
		} else {
			text = string(head) + text
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// dumped reports whether a process that ended so has written why, as Go programs do
// that panic, overflow their stack or are told to by SIGQUIT.
func dumped(exit string) bool { return exit == "exit code 2" || exit == "signal: aborted" }

// lastWords returns the line of a worker's standard error that says most about its
// end: the first of its dump if it ended with one, or else the last.
func lastWords(stderr string, dumped bool) string {
	if dumped {
		if at := dumpIn([]byte(stderr)); at >= 0 {
			line, _, _ := strings.Cut(stderr[at:], "\n")
			return strings.TrimRight(line, "\r\t ")
		}
	}
	s := strings.TrimRight(stderr, "\r\n\t ")
	return s[strings.LastIndexByte(s, '\n')+1:]
}
