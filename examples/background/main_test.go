package main_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A session is what is typed; what is to be printed stands behind the arrows.
const session = `set tea 20
set egg 3600000
set cake 3600000
set pie 3600000
wait tea       -> tea rings
ring egg
wait egg       -> egg was rung
cancel cake
wait cake      -> cake was canceled
wait tea       -> tea rings
ring tea
sing           -> what?
wait           -> what?
wait bread     -> what?
set bread soon -> what?
set egg 0
wait egg       -> egg rings
               -> stopped
`

func TestAnswersAsPythonDoes(t *testing.T) {
	var in, want strings.Builder
	for line := range strings.Lines(session) {
		typed, printed, answered := strings.Cut(line, "->")
		in.WriteString(strings.TrimSpace(typed) + "\n")
		if answered {
			want.WriteString(strings.TrimSpace(printed) + "\n")
		}
	}
	input := strings.TrimSuffix(in.String(), "\n\n") // the last line is not typed

	for name, command := range exampletest.Commands(t, "from asyncio import timeout") {
		var stdout, stderr bytes.Buffer
		cmd := exampletest.Command(t, command)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
		began := time.Now()
		require.NoError(t, cmd.Run(), "%s: %s", name, stderr.String())
		require.Equal(t, want.String(), stdout.String(), name)
		require.Empty(t, stderr.String(), name)
		require.Less(t, time.Since(began), time.Minute, "the pie takes an hour")
	}
}
