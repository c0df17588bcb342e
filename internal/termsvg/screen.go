//go:build linux

package main

import (
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// A frame is what was on the screen from a moment on.
type frame struct {
	at   time.Duration
	text string
}

// A screen is a terminal as far as the recorded programs use one: text, carriage returns,
// line feeds, and the escape sequence that clears the rest of a line. Other sequences are
// left out. It grows downwards without an end.
type screen struct {
	lines       [][]rune
	row, column int
	rest        []byte // of a sequence or rune that is not complete
}

func (s *screen) write(b []byte) {
	b = append(s.rest, b...)
	s.rest = nil
	for len(b) > 0 {
		if b[0] == '\x1b' {
			n := sequence(b)
			if n == 0 {
				s.rest = b
				return
			}
			if b[n-1] == 'K' {
				s.line()
				s.lines[s.row] = s.lines[s.row][:min(s.column, len(s.lines[s.row]))]
			}
			b = b[n:]
			continue
		}
		if !utf8.FullRune(b) {
			s.rest = b
			return
		}
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		s.put(r)
	}
}

// sequence returns the length of the escape sequence with which b begins, 0 if it has not
// ended.
func sequence(b []byte) int {
	for i, c := range b[1:] {
		if c >= '@' && c <= '~' && (c != '[' || i > 0) {
			return i + 2
		}
	}
	return 0
}

// line makes the lines down to the cursor's.
func (s *screen) line() {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
}

func (s *screen) put(r rune) {
	switch {
	case r == '\r':
		s.column = 0
	case r == '\n':
		s.row++
	case r < ' ':
	default:
		if s.column == columns {
			s.row, s.column = s.row+1, 0
		}
		s.line()
		for len(s.lines[s.row]) <= s.column {
			s.lines[s.row] = append(s.lines[s.row], ' ')
		}
		s.lines[s.row][s.column] = r
		s.column++
	}
}

// text returns what is on the screen, without the name of this machine.
func (s *screen) text() string {
	lines := make([]string, len(s.lines))
	for i, line := range s.lines {
		lines[i] = strings.TrimRight(string(line), " ")
	}
	text := strings.Join(lines, "\n")
	if name, err := os.Hostname(); err == nil && name != "" {
		text = strings.ReplaceAll(text, name+"-", "node-")
	}
	return text
}
