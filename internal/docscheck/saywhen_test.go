package docscheck

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A situation is a column of a table in [whenPage]: a comment speaks of it if it has
// one of these words.
var situations = map[string]*regexp.Regexp{
	"ctx ends":             regexp.MustCompile(`(?i)\b(ctx|contexts?|cancell?(s|ed|ing|ation)?)\b`),
	"worker dies":          regexp.MustCompile(`(?i)\b(dies?|died|dead|death|crash(es|ed)?|killed|kills)\b`),
	"a process dies":       regexp.MustCompile(`(?i)\b(dies?|died|dead|death|crash(es|ed)?|killed)\b`),
	"twice":                regexp.MustCompile(`(?i)\b(twice|again|second|once|more than one|another|others?|each (call|time)|every (call|time)|last|later|earlier|first|already|same|any number)\b`),
	"after Shutdown":       regexp.MustCompile(`(?i)\b(after|shut down|is over)\b`),
	"after Close":          regexp.MustCompile(`(?i)\b(Close|closed|after|ErrClosed)\b`),
	"when the job is over": regexp.MustCompile(`(?i)\b(is over|after|ended|ends|settled|no longer)\b`),
	"in a callback":        regexp.MustCompile(`(?i)\bcallbacks?\b`),
	"late":                 regexp.MustCompile(`(?i)\b(late|later|after|before)\b`),
}

// outcomes are the words of a cell that its comment must have as well: the names of
// errors, and some that have only one meaning.
var (
	errorNames = regexp.MustCompile(`\b(?:io\.|fs\.)?(?:Err[A-Z]\w*|\w+Error|EOF)\b`)
	outcomes   = map[string]*regexp.Regexp{
		"cause":  regexp.MustCompile(`\bcause\b`),
		"panics": regexp.MustCompile(`\b[Pp]anics?\b`),
		"false":  regexp.MustCompile(`\b(false|whether)\b`),
		"true":   regexp.MustCompile(`\b(true|whether)\b`),
		"nil":    regexp.MustCompile(`\bnil\b`),
	}
)

// lacks returns what a comment does not say of what a cell says.
func lacks(comment, column, cell string) (missing []string) {
	if cell == "–" || column == "call" {
		return nil
	}
	if words := situations[column]; words == nil {
		return []string{"no words are known for the column " + column}
	} else if !words.MatchString(comment) {
		missing = append(missing, "when “"+column+"”: "+cell)
	}
	for _, name := range errorNames.FindAllString(cell, -1) {
		if !strings.Contains(comment, name) {
			missing = append(missing, name+" when “"+column+"”")
		}
	}
	for word := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(" ,()", r) }) {
		if known := outcomes[word]; known != nil && !known.MatchString(comment) {
			missing = append(missing, "“"+word+"” when “"+column+"”")
		}
	}
	return missing
}

func TestLacks(t *testing.T) {
	require.Empty(t, lacks("", "twice", "–"))
	require.Equal(t, []string{"when “twice”: nothing"}, lacks("Set sets it.", "twice", "nothing"))
	require.Empty(t, lacks("To set it twice changes nothing.", "twice", "nothing"))
	require.Equal(t, []string{"ErrClosed when “after Close”"}, lacks("After Close it fails.", "after Close", "ErrClosed"))
	require.Equal(t, []string{"“panics” when “after Close”"}, lacks("After Close it fails.", "after Close", "panics"))
	require.Empty(t, lacks("Its future gets a [*CrashError] when the worker dies.", "worker dies", `(\*CrashError)`))
	require.NotEmpty(t, lacks("", "a new column", "cell"))
}

// TestEveryCallSaysItsOwnRow checks that a reader of go doc need not look into the
// tables: the comment of each call speaks of every situation for which its row has
// more than a dash, and names the errors of the row.
func TestEveryCallSaysItsOwnRow(t *testing.T) {
	for _, folder := range []string{"executor", "future", "loop/queue", "loop/syncs", "shared"} {
		t.Run(folder, func(t *testing.T) {
			known := calls(apiOf(t, folder))
			checked := 0
			for _, row := range whenRows(t, folder) {
				for _, pattern := range rowNames(row.cells[0], known) {
					for name, comment := range known {
						if !matches(pattern, name) {
							continue
						}
						var missing []string
						for i, cell := range row.cells {
							missing = append(missing, lacks(comment, row.columns[i], cell)...)
						}
						if checked++; len(missing) > 0 {
							slices.Sort(missing)
							t.Errorf("the comment of %s.%s does not say %s", folder, name, strings.Join(missing, ", nor "))
						}
					}
				}
			}
			require.Greater(t, checked, 5)
		})
	}
}
