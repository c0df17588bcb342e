package executor

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

// deadWorkersPipe returns the reader of a pipe whose worker died longer ago than
// drainTime, which the reader has not noticed yet, and the end that is written to.
func deadWorkersPipe(t *testing.T) (r *lastReader, w *os.File) {
	from, w, err := proc.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = from.Close(); _ = w.Close() })
	require.NoError(t, from.SetReadDeadline(time.Unix(1, 0)))
	return &lastReader{pipe: from, until: time.Now().Add(-time.Second)}, w
}

// On a busy machine the reader comes late, and what the worker wrote is there.
func TestTheLastWordsOfAWorkerAreReadHoweverLate(t *testing.T) {
	r, w := deadWorkersPipe(t)
	words := bytes.Repeat([]byte("fatal error: stack overflow\n"), 2000)
	_, err := w.Write(words)
	require.NoError(t, err)
	got, err := io.ReadAll(r)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "another process holds the pipe")
	require.Equal(t, string(words), string(got))
}

func TestAnotherProcessThatHoldsThePipeHoldsUpNothing(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		r, _ := deadWorkersPipe(t)
		got, err := io.ReadAll(r)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Empty(t, got)
	})
	t.Run("talkative", func(t *testing.T) {
		r, w := deadWorkersPipe(t)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				if _, err := w.WriteString("I am not the worker\n"); err != nil {
					return
				}
			}
		}()
		got, err := io.ReadAll(r)
		if err != nil {
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it did not come to write for a while")
		}
		require.NoError(t, r.pipe.Close())
		<-stopped
		require.Less(t, len(got), 2*drainSize)
	})
}
