package main

import (
	"fmt"
	"io"
	"os"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-isatty"
)

// A progress shows how far the work is. It has no goroutine of its own: the
// caller of draw draws.
type progress interface {
	start(total int64)
	draw(done int64)
	finish(done int64)
}

// newProgress returns a bar on a terminal, and plain lines where either that or
// the output is none.
func newProgress(to *os.File) progress {
	if isatty.IsTerminal(os.Stdout.Fd()) && isatty.IsTerminal(to.Fd()) {
		return &bar{to: to}
	}
	return &lines{to: to}
}

type bar struct {
	to io.Writer
	pb *pb.ProgressBar
}

func (b *bar) start(total int64) {
	b.pb = pb.New64(total).SetWriter(b.to)
	b.pb.Set(pb.Static, true).Set(pb.Bytes, true)
	b.pb.Start()
}

func (b *bar) draw(done int64) { b.pb.SetCurrent(done).Write() }

func (b *bar) finish(done int64) {
	b.pb.SetCurrent(done).Finish()
	b.pb.Write()
}

// lines writes one line for each tenth of the work.
type lines struct {
	to    io.Writer
	total int64
	next  int64 // the tenth that was not written yet
}

func (l *lines) start(total int64) { l.total = total }

func (l *lines) draw(done int64) {
	if done*10 < l.next*l.total {
		return
	}
	fmt.Fprintf(l.to, "%d of %d bytes\n", done, l.total)
	if l.total > 0 {
		l.next = done*10/l.total + 1
	}
}

func (l *lines) finish(done int64) { l.draw(done) }
