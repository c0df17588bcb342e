package docscheck

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// refused are words that the prose of this module does without: goroutines, tasks and
// processes are not people, what has no end "does not end", and what must be "must".
// Each has what may be written instead.
var refused = []struct {
	words  *regexp.Regexp
	remedy string
}{
	{regexp.MustCompile(`(?i)\bfor ?ever\b`), "say what does not end, or what it waits for"},
	{regexp.MustCompile(`(?i)\bshall\b`), "must, is to, or the plain present"},
	{regexp.MustCompile(`(?i)\b(no|some|any|every)body\b|\b(some|any|every)one\b`), "name it: no goroutine, another process, every caller"},
	{regexp.MustCompile(`(?i)\bwho(m|ever|mever)?\b`), "that or which; only people are who"},
}

// people are those who may be who.
var people = regexp.MustCompile(`(?i)\b(people|person|(reader|user|programmer|engineer|developer|maintainer|author|visitor|newcomer)s?|those) who\b`)

// waiting is what those do who are tasks.
var waiting = regexp.MustCompile(`(?i)\bthose who (wait|hold|come|came|get|got|take|took|call|send)\w*`)

func refusedIn(text string) (word, remedy string) {
	text = strings.Join(strings.Fields(text), " ")
	if !waiting.MatchString(text) {
		text = people.ReplaceAllString(text, "")
	}
	for _, r := range refused {
		if found := r.words.FindString(text); found != "" {
			return found, r.remedy
		}
	}
	return "", ""
}

func TestRefusedIn(t *testing.T) {
	for _, bad := range []string{
		"It waits for ever.", "forever", "Nobody waits.", "the goroutine who has it", "those who wait", "A user shall know", "Whoever\ncomes",
		"everyone who comes",
	} {
		word, remedy := refusedIn(bad)
		require.NotEmpty(t, word, bad)
		require.NotEmpty(t, remedy, bad)
	}
	for _, good := range []string{
		"RunForever and run_forever", "For those who write loops", "A reader who copies it", "users who really need it", "whose", "anything", "the whole",
		"someones",
	} {
		word, _ := refusedIn(good)
		require.Empty(t, word, good)
	}
}

// A passage is a comment, a string or a part of a page.
type passage struct {
	line int
	text string
}

// goProse returns the comments of a Go file, line by line, and unless it is a test the
// strings of more than one word.
func goProse(t *testing.T, path string) (found []passage) {
	t.Helper()
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	set := token.NewFileSet()
	file := set.AddFile(path, -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, scanner.ScanComments)
	for {
		pos, tok, literal := s.Scan()
		switch {
		case tok == token.EOF:
			return found
		case tok == token.COMMENT, tok == token.STRING && strings.Contains(literal, " ") && !strings.HasSuffix(path, "_test.go"):
			line := set.Position(pos).Line
			for i, text := range strings.Split(literal, "\n") {
				found = append(found, passage{line + i, text})
			}
		}
	}
}

func markdownProse(t *testing.T, path string) (found []passage) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for i, line := range strings.Split(string(text), "\n") {
		found = append(found, passage{i + 1, codeSpan.ReplaceAllString(line, "")})
	}
	return found
}

// TestPlainWords checks the prose of the whole tree. The changelog tells of the past
// and may quote it.
func TestPlainWords(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		rel, err := filepath.Rel(root, path)
		require.NoError(t, err)
		rel = filepath.ToSlash(rel)
		var prose []passage
		switch {
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir(), rel == "CHANGELOG.md", rel == "internal/docscheck/words_test.go":
		case strings.HasSuffix(rel, ".go"):
			prose = goProse(t, path)
		case strings.HasSuffix(rel, ".md"):
			prose = markdownProse(t, path)
		}
		for _, p := range prose {
			checked++
			if word, remedy := refusedIn(p.text); word != "" {
				t.Errorf("%s:%d: “%s” (%s): %s", rel, p.line, word, remedy, strings.TrimSpace(p.text))
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, checked, 1000)
}
