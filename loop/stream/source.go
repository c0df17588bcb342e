package stream

import (
	"errors"
	"io"
	"sync"
)

// A source is a stream that can only be read.
type source struct {
	in   *input
	src  io.ReadCloser
	once sync.Once
	tie  tie
}

func (s *source) run() {
	err := s.in.pump(s.src)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	s.close(err)
}

// close ends the stream, because of err if that is not nil.
func (s *source) close(err error) {
	s.once.Do(func() {
		s.in.stop()
		_ = s.src.Close() // it was only read
		s.in.end(err)
		s.tie.release()
	})
}
