package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/loop"
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

// serve is the task of one client.
func (r *room) serve(ctx context.Context, in *stream.Reader, out *stream.Writer) error {
	name, err := r.welcome(ctx, in, out)
	if err != nil || name == "" {
		return quiet(err)
	}
	r.members[name] = out
	r.tell("* " + name + " has joined\n")
	reason, err := r.listen(ctx, name, in, out)
	delete(r.members, name)
	r.tell("* " + name + " " + reason + "\n")
	return quiet(err)
}

// welcome asks for a name; it is empty if there was none to be had.
func (r *room) welcome(ctx context.Context, in *stream.Reader, out *stream.Writer) (string, error) {
	fmt.Fprint(out, "your name? ")
	name, err := r.line(ctx, in)
	switch {
	case err != nil:
		return "", err
	case name == "" || r.members[name] != nil:
		fmt.Fprintln(out, "that name will not do")
		return "", nil
	}
	fmt.Fprintf(out, "hello, %s; say /names or /quit, or anything else\n", name)
	return name, nil
}

// listen passes on what a client says, and returns how that ended.
func (r *room) listen(ctx context.Context, name string, in *stream.Reader, out *stream.Writer) (reason string, err error) {
	for {
		said, err := r.line(ctx, in)
		switch {
		case errors.As(err, new(*stream.LimitOverrunError)):
			fmt.Fprintln(out, "that was too long")
			continue
		case errors.Is(err, loop.ErrTimeout):
			fmt.Fprintln(out, "you fell asleep")
			return "fell asleep", nil
		case err != nil:
			return "has left", err
		}
		switch said {
		case "":
		case "/quit":
			return "has left", nil
		case "/names":
			fmt.Fprintln(out, strings.Join(slices.Sorted(maps.Keys(r.members)), " "))
		default:
			r.tell(name + ": " + said + "\n")
		}
	}
}

// region line
// line returns what a client says next, unless it takes too long.
func (r *room) line(ctx context.Context, in *stream.Reader) (said string, err error) {
	err = loop.Timeout(ctx, r.idle, func(ctx context.Context) error {
		line, err := in.ReadLine(ctx)
		said = strings.TrimSpace(string(line))
		return err
	})
	return said, err
}

// endregion line

// quiet leaves out what is no error of the server: that a client went.
func quiet(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, loop.ErrTimeout) {
		return nil
	}
	return err
}
