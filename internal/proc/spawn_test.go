//go:build linux || darwin || freebsd || netbsd || openbsd || windows

package proc

import (
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The others do not tell the size of a process that runs.
const tellsRSS = runtime.GOOS == "linux" || runtime.GOOS == "darwin" || runtime.GOOS == "windows"

func TestSpawn(t *testing.T) {
	c, err := Spawn(Config{Env: []string{"X=y"}})
	require.NoError(t, err)
	defer c.Release()
	hello, _, err := c.Control.Recv()
	require.NoError(t, err)
	require.Equal(t, c.Nonce, string(hello.Body))
	sent, err := c.Transport.Send([]byte("hello "), []byte("world"))
	require.NoError(t, err)
	require.True(t, sent)
	c.Transport.Wake()
	var msg []byte
	for ok := false; !ok; {
		c.Transport.Wait(time.Second)
		msg, ok, err = c.Transport.Recv()
		require.NoError(t, err)
	}
	require.Equal(t, "hello world", string(msg))
	if tellsRSS {
		require.Positive(t, c.RSS())
	}

	require.NoError(t, c.Control.Close())
	exit := c.Wait()
	require.Zero(t, exit.Code, "the end of the socket is the end of the worker")
	t.Run("its greatest size is known", func(t *testing.T) { require.Positive(t, exit.RSS) })
	require.NoError(t, c.Signal(syscall.SIGKILL), "once it is gone no other process gets the signal")
}

func TestSpawnAndKill(t *testing.T) {
	c, err := Spawn(Config{})
	require.NoError(t, err)
	defer c.Release()
	c.Kill()
	exit := c.Wait()
	require.Equal(t, syscall.SIGKILL, exit.Signal)
	require.Equal(t, "signal: killed", exit.String())
	for err == nil { // a Hello may have come before
		_, _, err = c.Control.Recv()
	}
	require.ErrorIs(t, err, io.EOF)
}
