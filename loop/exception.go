package loop

import (
	"log/slog"
	"reflect"
	"runtime"
	"sync"
	"time"

	"github.com/sourcegraph/conc/panics"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
	"github.com/seed-1b9fde7b/asyncgo/internal/safelog"
)

// An ExceptionContext says what went wrong where no caller was there to be told. It
// stands for the dict that asyncio gives to exception handlers.
type ExceptionContext struct {
	Message  string  // what happened, in a few words
	Err      error   // the error; a *future.PanicError for a panic
	Task     string  // the name of the task concerned, if any
	Future   string  // the future concerned, as its String says, if it is no task
	Callback string  // the name of the function concerned, if any
	Handle   *Handle // of that function; compare it with Handle.Equal

	// Created is the stack of the code that made the task, future or handle, one line
	// for each function and place. It is known in debug mode only.
	Created string
}

// An ExceptionHandler is told of errors that have no other way to go.
type ExceptionHandler func(*Loop, ExceptionContext)

// SetExceptionHandler makes h the one that is told of panics in callbacks, of
// errors that were never looked at, and of tasks that were left unfinished. It is
// called on the loop, or, for what is found when the loop closes, in Close. Nil
// restores the default: [Loop.DefaultExceptionHandler].
//
// It stands for loop.set_exception_handler.
func (l *Loop) SetExceptionHandler(h ExceptionHandler) {
	if h == nil {
		l.handler.Store(nil)
		return
	}
	l.handler.Store(&h)
}

// GetExceptionHandler returns the handler that was set, nil for the default. It
// stands for loop.get_exception_handler.
func (l *Loop) GetExceptionHandler() ExceptionHandler {
	if h := l.handler.Load(); h != nil {
		return *h
	}
	return nil
}

// CallExceptionHandler hands ec to the loop's handler. A handler that panics is
// reported by the default one, with the context that it was given; nothing
// ends the loop. It stands for loop.call_exception_handler.
func (l *Loop) CallExceptionHandler(ec ExceptionContext) {
	h := l.GetExceptionHandler()
	if h == nil {
		l.DefaultExceptionHandler(ec)
		return
	}
	if r := panics.Try(func() { h(l, ec) }); r != nil {
		ec.Message = "Unhandled error in exception handler, called for: " + ec.Message
		l.DefaultExceptionHandler(ec)
		l.log().Error("loop: the exception handler panicked", KeyPanic, r.Value, KeyStack, string(r.Stack))
	}
}

// DefaultExceptionHandler logs ec as one record of level Error, with what ec
// knows. It stands for loop.default_exception_handler.
func (l *Loop) DefaultExceptionHandler(ec ExceptionContext) {
	attrs := make([]any, 0, 12)
	if ec.Err != nil {
		attrs = append(attrs, KeyError, ec.Err)
		if p, ok := ec.Err.(*future.PanicError); ok { //nolint:errorlint // only the outermost error has the stack of this event
			attrs = append(attrs, KeyStack, string(p.Stack))
		}
	}
	if ec.Task != "" {
		attrs = append(attrs, KeyTask, ec.Task)
	}
	if ec.Future != "" {
		attrs = append(attrs, KeyFuture, ec.Future)
	}
	if ec.Callback != "" {
		attrs = append(attrs, KeyCallback, ec.Callback)
	}
	if ec.Created != "" {
		attrs = append(attrs, KeyCreated, ec.Created)
	}
	l.log().Error(ec.Message, attrs...)
}

// log returns the loop's logger. It survives a handler that panics, calls
// runtime.Goexit or blocks, and so do values whose methods do that: nothing ends the
// loop.
func (l *Loop) log() *slog.Logger {
	if l.logger != nil {
		return l.logger
	}
	return safelog.Default()
}

func funcName(fn func()) string {
	if fn == nil {
		return ""
	}
	if f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()); f != nil {
		return f.Name()
	}
	return ""
}

// unseenErrors are the errors of failed futures that were not looked at yet.
type unseenErrors struct {
	mu   sync.Mutex // guards what follows
	list []*bridge.Unseen
	next int // the length at which those that were seen are thrown out
}

func init() {
	other := bridge.LoopOf
	bridge.LoopOf = func(home any) bridge.Loop {
		if l, ok := home.(*Loop); ok {
			return (*bridgedLoop)(l)
		}
		return other(home)
	}
}

// A bridgedLoop is a Loop as package future knows it; see bridge.Loop.
type bridgedLoop Loop

func (b *bridgedLoop) Turn() (now, first uint64) { return b.turn, b.firstTurn }

func (b *bridgedLoop) CallLater(d time.Duration, fn func()) (cancel func()) {
	h, err := (*Loop)(b).CallLater(d, fn)
	if err != nil {
		return func() {}
	}
	return h.Cancel
}

func (b *bridgedLoop) NoteUnseen(u *bridge.Unseen) {
	s := &b.unseen
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= s.next {
		kept := s.list[:0]
		for _, old := range s.list {
			if !old.Seen() {
				kept = append(kept, old)
			}
		}
		clear(s.list[len(kept):])
		s.list = kept
		s.next = max(64, 2*len(kept))
	}
	s.list = append(s.list, u)
}

func (b *bridgedLoop) ReportUnseen(u *bridge.Unseen) {
	l := (*Loop)(b)
	_ = l.Post(func() { l.reportUnseen(u) }) // a closed loop has reported it
}

func (l *Loop) reportUnseen(u *bridge.Unseen) {
	if err, ok := u.Take(); ok {
		ec := ExceptionContext{
			Message: "Future exception was never retrieved",
			Err:     err,
			Task:    u.Task,
			Created: u.Site.String(),

			Callback: u.Function,
		}
		if ec.Task != "" {
			ec.Message = "Task exception was never retrieved"
		}
		l.CallExceptionHandler(ec)
	}
}

func (s *unseenErrors) report(l *Loop) {
	s.mu.Lock()
	list := s.list
	s.list = nil
	s.mu.Unlock()
	for _, u := range list {
		l.reportUnseen(u)
	}
}
