package executor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheTailOfOutputKeepsTheHeadOfADump(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("another line of the dump\n", n) }
	many := 2 * tailSize / len(lines(1))

	t.Run("short", func(t *testing.T) {
		var tl tail
		tl.add([]byte("hello\npanic: oh\n" + lines(3)))
		require.Equal(t, "hello\npanic: oh\n"+lines(3), tl.text(true))
		require.Equal(t, "panic: oh", lastWords(tl.text(true), true))
		require.Equal(t, "another line of the dump", lastWords(tl.text(false), false))
	})
	t.Run("in one piece and in many", func(t *testing.T) {
		dump := "fatal error: stack overflow\n" + lines(many)
		var whole, pieces tail
		whole.add([]byte("hello\n" + dump))
		pieces.add([]byte("hello\n"))
		for line := range strings.Lines(dump) {
			pieces.add([]byte(line))
		}
		text := whole.text(true)
		require.Equal(t, text, pieces.text(true))
		require.True(t, strings.HasPrefix(text, "fatal error: stack overflow\nanother"), text[:100])
		require.Equal(t, "fatal error: stack overflow", lastWords(text, true))
		require.LessOrEqual(t, len(text), headSize+tailSize+100)
		var left int
		at := strings.Index(text, "… (")
		_, err := fmt.Sscanf(text[at:], "… (%d bytes left out)", &left)
		require.NoError(t, err)
		_, rest, _ := strings.Cut(text[at:], "\n")
		require.Equal(t, len(dump), at+left+len(rest), "nothing is missing or told twice")
	})
	t.Run("of which a part is in the end", func(t *testing.T) {
		for n := range 60 {
			var tl tail
			dump := "panic: oh\n" + lines((tailSize+n*50)/len(lines(1)))
			tl.add([]byte(dump))
			text := tl.text(true)
			if !strings.Contains(text, "…") {
				require.Equal(t, dump, text)
			}
			require.True(t, strings.HasPrefix(text, "panic: oh\n"))
		}
	})
	t.Run("the last one counts, and only at the beginning of a line", func(t *testing.T) {
		var tl tail
		tl.add([]byte("panic: old\n" + lines(many)))
		tl.add([]byte("panic: new\nnot a panic: this\n" + lines(many)))
		require.True(t, strings.HasPrefix(tl.text(true), "panic: new\nnot a panic"))
		require.NotContains(t, tl.text(false), "panic", "it did not end with it")
	})
	t.Run("nothing", func(t *testing.T) {
		var tl tail
		require.Empty(t, tl.text(true))
		require.Empty(t, lastWords("", true))
		tl.add([]byte(lines(many)))
		require.NotContains(t, tl.text(true), "left out")
	})
}
