package proc

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// A Fetcher asks the other side of a control socket for descriptors and answers
// the other side's questions. What receives from the socket gives it the
// messages; the questions are asked from other goroutines, so that a call that
// is being decoded can wait for an answer.
type Fetcher struct {
	conn *Conn

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan fetched
	closed  bool
}

type fetched struct {
	file *os.File
	err  error
}

// NewFetcher returns a Fetcher over conn.
func NewFetcher(conn *Conn) *Fetcher {
	return &Fetcher{conn: conn, waiting: make(map[uint64]chan fetched)}
}

// Fetch asks for an object; it is a handoff.Fetcher. It waits for the answer, or
// until Close.
func (f *Fetcher) Fetch(id handoff.ID) (*os.File, error) {
	answer := make(chan fetched, 1)
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil, fmt.Errorf("%w: the process that sent it has ended", handoff.ErrGone)
	}
	f.last++
	n := f.last
	f.waiting[n] = answer
	f.mu.Unlock()
	if err := f.conn.Send(wire.Message{Kind: wire.Fetch, ID: n, Object: id}, -1); err != nil {
		f.mu.Lock()
		delete(f.waiting, n)
		f.mu.Unlock()
		return nil, fmt.Errorf("%w: the process that sent it has ended: %w", handoff.ErrGone, err)
	}
	a := <-answer
	return a.file, a.err
}

// Fetched takes an answer. An answer that is not waited for is dropped.
func (f *Fetcher) Fetched(m wire.Message, file *os.File) {
	f.mu.Lock()
	answer := f.waiting[m.ID]
	delete(f.waiting, m.ID)
	f.mu.Unlock()
	var err error
	switch {
	case m.Aux == wire.FetchedGone:
		err = handoff.ErrGone
	case m.Aux != 0:
		err = fmt.Errorf("handoff: the object did not come: %s", m.Body)
	case file == nil: // the other side has sent it: see Conn.Recv
		err = fmt.Errorf("handoff: the object came, but no descriptor was free for it in process %d: close some, or raise the limit (ulimit -n): %w", os.Getpid(), syscall.EMFILE)
	}
	if file != nil && (err != nil || answer == nil) {
		_ = file.Close()
		file = nil
	}
	if answer != nil {
		answer <- fetched{file, err}
	}
}

// Answer answers a question of the other side.
func (f *Fetcher) Answer(m wire.Message) error {
	reply := wire.Message{Kind: wire.Fetched, ID: m.ID}
	fd, release, err := handoff.Open(m.Object)
	if err != nil {
		reply.Aux, reply.Body = wire.FetchedFailed, []byte(err.Error())
		if errors.Is(err, handoff.ErrGone) {
			reply.Aux = wire.FetchedGone
		}
		return f.conn.Send(reply, -1)
	}
	defer release()
	return f.conn.Send(reply, int(fd))
}

// Close fails all questions: the other side is gone.
func (f *Fetcher) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for n, answer := range f.waiting {
		answer <- fetched{err: fmt.Errorf("%w: the process that sent it has ended", handoff.ErrGone)}
		delete(f.waiting, n)
	}
}
