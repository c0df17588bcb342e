//go:build linux

package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// picture is what the test reads of a picture.
type picture struct {
	Title  string `xml:"title"`
	Texts  []text `xml:"text"` // the prompt
	Groups []struct {
		Class string `xml:"class,attr"`
		Texts []text `xml:"text"`
	} `xml:"g"`
}

type text struct {
	Text string `xml:",chardata"`
}

var (
	numbers = regexp.MustCompile(`\d+(\.\d+)?`)
	units   = regexp.MustCompile(`0 [KMG]iB`)
	bars    = regexp.MustCompile(`\[[->_]+\]`)
	words   = regexp.MustCompile(`^ *0  \S+$`)
	records = regexp.MustCompile(`(?s)[0-9/]+ [0-9:]+ WARN natsexec:.*?ago"\n`)
)

// shape returns lines without what is different each time: numbers, the words that were
// found, and the record that a call was lost with a node, which comes if it had one.
func shape(lines []string) string {
	var shaped []string
	for line := range strings.SplitSeq(records.ReplaceAllString(strings.Join(lines, "\n")+"\n", ""), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		line = strings.Join(strings.Fields(units.ReplaceAllString(numbers.ReplaceAllString(line, "0"), "0 B")), " ")
		line = bars.ReplaceAllString(line, "[-]")
		if words.MatchString(strings.Replace(line, " ", "  ", 1)) {
			line = "0 word"
		}
		shaped = append(shaped, line)
	}
	return strings.Join(shaped, "\n")
}

func TestShape(t *testing.T) {
	require.Equal(t, "0 B / 0 B [-] 0% 0 B p/s\n0 word\n0 files, 0 bytes", shape([]string{
		"3.74 MiB / 12 MiB [----->____] 100.00% 49.04 MiB p/s", "", "     13905  err", "415 files, 3916619 bytes",
	}))
}

// last returns the lines of the last frame of a picture.
func last(t *testing.T, p picture) (lines []string) {
	t.Helper()
	group := p.Groups[len(p.Groups)-1]
	require.Equal(t, "last", group.Class)
	for _, line := range group.Texts {
		lines = append(lines, line.Text)
	}
	return lines
}

// The pictures of the documentation show what the programs print today.
func TestThePicturesShowWhatTheProgramsPrint(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, r := range recordings {
		t.Run(r.name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(root, "docs", "img", r.name+".svg"))
			require.NoError(t, err)
			var p picture
			require.NoError(t, xml.Unmarshal(source, &p), "it is well-formed")
			require.Equal(t, r.typed, p.Title)
			require.NotContains(t, string(source), "http://127", "no addresses of a run")
			frames, err := r.run(t.Context(), root)
			require.NoError(t, err)
			require.Equal(t, shape(strings.Split(frames[len(frames)-1].text, "\n")), shape(last(t, p)),
				"make the picture anew: go run ./internal/termsvg %s", r.name)
		})
	}
}

func TestAScreenIsATerminal(t *testing.T) {
	var s screen
	for _, part := range []string{"0 %", "\r50", " %", "\r\n\x1b[1mdo", "ne\x1b[", "0m ok\r\x1b[K\xe2", "\x9c\x93 fine\r\n"} {
		s.write([]byte(part))
	}
	require.Equal(t, "50 %\n✓ fine", s.text())
	s.write([]byte("\n" + strings.Repeat("x", columns+1)))
	require.Contains(t, s.text(), "x\nx")
}

func TestThinKeepsWhatCanBeSeen(t *testing.T) {
	ms := func(n int, text string) frame { return frame{time.Duration(n) * time.Millisecond, text} }
	require.Equal(t, []frame{ms(0, "a"), ms(20, "c"), ms(240, "d"), ms(450, "e"), ms(500, "f")},
		thin([]frame{ms(0, "a"), ms(10, "b"), ms(20, "c"), ms(240, "d"), ms(400, "d"), ms(450, "e"), ms(500, "f")}))
}
