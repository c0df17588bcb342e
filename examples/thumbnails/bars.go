package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/cheggaaa/pb/v3"
	"github.com/mattn/go-isatty"
)

// bars shows what each worker does: on a terminal by a bar, and else by nothing. The lines
// that belong to the output come when the bars are gone.
type bars struct {
	mu    sync.Mutex // guards what follows: reports of several workers come at the same time
	pool  *pb.Pool   // nil where there is no terminal
	of    map[string]*pb.ProgressBar
	lines []string
}

func newBars(to *os.File) *bars {
	b := &bars{of: map[string]*pb.ProgressBar{}}
	if isatty.IsTerminal(to.Fd()) && isatty.IsTerminal(os.Stdout.Fd()) {
		b.pool = pb.NewPool()
		b.pool.Output = to
		if b.pool.Start() != nil {
			b.pool = nil
		}
	}
	return b
}

// step draws a report of a worker.
func (b *bars) step(s step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pool == nil {
		return
	}
	bar := b.of[s.Worker]
	if bar == nil {
		bar = pb.New64(steps).SetTemplateString(`{{string . "worker"}} {{bar .}} {{string . "file"}}`).Set("worker", s.Worker)
		b.of[s.Worker] = bar
		b.pool.Add(bar)
	}
	bar.Set("file", filepath.Base(s.File)).SetCurrent(s.Done)
}

// dead marks the bar of a worker that is gone; the one in its place gets another.
func (b *bars) dead(worker string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bar := b.of[worker]; bar != nil {
		bar.Set("file", "killed")
	}
}

// line prints a line of the output.
func (b *bars) line(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pool == nil {
		fmt.Println(text)
		return
	}
	b.lines = append(b.lines, text)
}

// stop takes the bars off the terminal.
func (b *bars) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pool == nil {
		return
	}
	_ = b.pool.Stop()
	for _, text := range b.lines {
		fmt.Println(text)
	}
}
