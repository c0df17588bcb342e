package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop/stream"
)

const (
	maxLine    = 1 << 10 // bytes that a client may send without a newline
	maxBacklog = 1 << 20 // bytes that a client may leave unread
)

// A room is used only on the loop, so it needs no lock.
type room struct {
	idle    time.Duration
	members map[string]*stream.Writer
}

// region tell
// tell sends a line to all members. It waits for none of them: one that leaves too much
// unread is thrown out.
func (r *room) tell(line string) {
	for _, w := range r.members {
		if w.Buffered() > maxBacklog {
			w.Abort()
			continue
		}
		_, _ = w.WriteString(line) // its own task notices when it is gone
	}
}

// endregion tell

// serve is the task of one client. It ends when that goes, however it does.
func (r *room) serve(ctx context.Context, in *stream.Reader, out *stream.Writer) error {
	name := r.welcome(ctx, in, out)
	if name == "" {
		return nil
	}
	r.members[name] = out
	r.tell("* " + name + " has joined\n")
	reason := r.listen(ctx, name, in, out)
	delete(r.members, name)
	r.tell("* " + name + " " + reason + "\n")
	return nil
}

// welcome asks for a name; it is empty if there was none to be had.
func (r *room) welcome(ctx context.Context, in *stream.Reader, out *stream.Writer) string {
	fmt.Fprint(out, "your name? ")
	name, err := r.line(ctx, in)
	if err != nil {
		return ""
	}
	if name == "" || r.members[name] != nil {
		fmt.Fprintln(out, "that name will not do")
		return ""
	}
	fmt.Fprintf(out, "hello, %s; say /names or /quit, or anything else\n", name)
	return name
}

// listen passes on what a client says, and returns how that ended.
func (r *room) listen(ctx context.Context, name string, in *stream.Reader, out *stream.Writer) (reason string) {
	for {
		said, err := r.line(ctx, in)
		switch {
		case errors.As(err, new(*stream.LimitOverrunError)):
			fmt.Fprintln(out, "that was too long")
		case errors.Is(err, context.DeadlineExceeded):
			fmt.Fprintln(out, "you fell asleep")
			return "fell asleep"
		case err != nil || said == "/quit":
			return "has left"
		case said == "/names":
			fmt.Fprintln(out, strings.Join(slices.Sorted(maps.Keys(r.members)), " "))
		case said != "":
			r.tell(name + ": " + said + "\n")
		}
	}
}

// region line
// line returns what a client says next, unless it takes too long.
func (r *room) line(ctx context.Context, in *stream.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.idle)
	defer cancel()
	line, err := in.ReadLine(ctx)
	return strings.TrimSpace(string(line)), err
}

// endregion line
