package shared

import (
	"bytes"
	"fmt"
)

// Text returns the bytes of a up to the first zero byte, or all of them if there is
// none. It is the value attribute of Python's Array('c', …), whose raw attribute is
// a.Slice. It panics with ErrClosed after Close. A process that died in [SetText] can
// have left a mixture of two texts.
func Text(a *Array[byte]) string {
	s := a.mu.h.must()
	s.Aux().LockShort()
	defer s.Aux().Unlock() //nolint:errcheck // it is ours
	text, _, _ := bytes.Cut(s.Data(), []byte{0})
	return string(text)
}

// SetText sets the start of a to text, and to a zero byte after it if there is room. A
// text longer than a is an error and changes nothing. Text sees either the old text or
// the new one; a process that dies in the middle can leave a mixture. After Close it
// returns [ErrClosed].
func SetText(a *Array[byte], text string) error {
	s, err := a.mu.h.use()
	if err != nil {
		return err
	}
	data := s.Data()
	if len(text) > len(data) {
		return fmt.Errorf("shared: a text of %d bytes is longer than the array of %d", len(text), len(data))
	}
	s.Aux().LockShort()
	defer s.Aux().Unlock() //nolint:errcheck // it is ours
	if n := copy(data, text); n < len(data) {
		data[n] = 0
	}
	return nil
}
