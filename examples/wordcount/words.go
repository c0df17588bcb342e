package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"unicode"
	"unicode/utf8"
)

// A tally is what was counted in some files. It travels from the workers.
type tally struct {
	Words      map[string]int
	Files      int      // text files that were counted
	Bytes      int64    // in these
	Binary     int      // files that hold no text
	Unreadable []string // why files could not be read
}

// merge adds what other counted.
func (t *tally) merge(other tally) {
	if t.Words == nil {
		t.Words = make(map[string]int)
	}
	for word, n := range other.Words {
		t.Words[word] += n
	}
	t.Files += other.Files
	t.Bytes += other.Bytes
	t.Binary += other.Binary
	t.Unreadable = append(t.Unreadable, other.Unreadable...)
}

// A counter counts the words of files one after another.
type counter struct {
	words  map[string]*int // pointers: an increment of a known word allocates nothing
	sum    tally
	reader *bufio.Reader
	word   []byte
}

func newCounter() *counter {
	return &counter{words: make(map[string]*int), reader: bufio.NewReaderSize(nil, 1<<18)}
}

// tally returns what was counted.
func (c *counter) tally() tally {
	c.sum.Words = make(map[string]int, len(c.words))
	for word, n := range c.words {
		c.sum.Words[word] = *n
	}
	return c.sum
}

// file counts one file, or notes why it did not.
func (c *counter) file(path string) {
	f, err := os.Open(path)
	if err != nil {
		c.sum.Unreadable = append(c.sum.Unreadable, err.Error())
		return
	}
	defer f.Close()
	c.reader.Reset(f)

	// As git has it: a NUL byte near the beginning means that this is no text.
	head, err := c.reader.Peek(8000)
	if err != nil && !errors.Is(err, io.EOF) {
		c.sum.Unreadable = append(c.sum.Unreadable, err.Error())
		return
	}
	if bytes.IndexByte(head, 0) >= 0 {
		c.sum.Binary++
		return
	}
	n, err := c.text(c.reader)
	if err != nil {
		c.sum.Unreadable = append(c.sum.Unreadable, err.Error())
		return
	}
	c.sum.Files++
	c.sum.Bytes += n
}

// text counts the words of one text, in lower case: runs of letters and numbers
// that begin with a letter. It returns how many bytes there were.
func (c *counter) text(r *bufio.Reader) (n int64, err error) {
	c.word = c.word[:0]
	for {
		char, size, err := r.ReadRune()
		if errors.Is(err, io.EOF) {
			c.endWord()
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n += int64(size)
		switch {
		case 'a' <= char && char <= 'z':
			c.word = append(c.word, byte(char))
		case 'A' <= char && char <= 'Z':
			c.word = append(c.word, byte(char)+'a'-'A')
		case '0' <= char && char <= '9':
			c.word = append(c.word, byte(char))
		case char >= utf8.RuneSelf && (unicode.IsLetter(char) || unicode.IsNumber(char)):
			c.word = utf8.AppendRune(c.word, unicode.ToLower(char))
		default:
			c.endWord()
		}
	}
}

func (c *counter) endWord() {
	word := c.word
	c.word = c.word[:0]
	if first, _ := utf8.DecodeRune(word); !unicode.IsLetter(first) {
		return // nothing, or a number
	}
	if n := c.words[string(word)]; n != nil {
		*n++
	} else {
		n := 1
		c.words[string(word)] = &n
	}
}
