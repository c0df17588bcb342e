package proc

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

func TestMain(m *testing.M) {
	if in := Parent(); in != nil {
		echo(in)
	}
	goleak.VerifyTestMain(m)
}

// echo is a worker that sends back what it gets.
func echo(in *Inherited) {
	_ = in.Control.Send(wire.Message{Kind: wire.Hello, ID: wire.Version, Body: []byte(in.Nonce)}, -1)
	go func() {
		for {
			if _, _, err := in.Control.Recv(); err != nil {
				os.Exit(0)
			}
		}
	}()
	for {
		msg, ok, err := in.Transport.Recv()
		if err != nil {
			os.Exit(1)
		}
		if !ok {
			in.Transport.Wait(0)
			continue
		}
		_ = in.Transport.Stream(msg, nil, func() {}, func() bool { return true })
	}
}

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
	require.Positive(t, c.RSS())

	require.NoError(t, c.Control.Close())
	exit := c.Wait()
	require.Zero(t, exit.Code, "the end of the socket is the end of the worker")
	require.Positive(t, exit.RSS)
	require.NoError(t, c.Signal(unix.SIGKILL), "once it is gone nobody else gets the signal")
}

func TestSpawnAndKill(t *testing.T) {
	c, err := Spawn(Config{})
	require.NoError(t, err)
	defer c.Release()
	c.Kill()
	exit := c.Wait()
	require.Equal(t, unix.SIGKILL, exit.Signal)
	require.Equal(t, "signal: killed", exit.String())
	for err == nil { // a Hello may have come before
		_, _, err = c.Control.Recv()
	}
	require.ErrorIs(t, err, io.EOF)
}

// Whatever comes on the socket, with or without descriptors, Recv returns it or
// an error and leaves no descriptor open.
func FuzzConn(f *testing.F) {
	m := wire.Message{Kind: wire.Fetched, Body: []byte("x")}
	f.Add(m.Append(nil), uint8(1))
	f.Add([]byte("garbage"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, fds uint8) {
		conn, other, err := sysConns.pair()
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		var rights []byte
		if n := int(fds % 4); n > 0 {
			list := make([]int, n)
			for i := range list {
				list[i] = int(other.Fd())
			}
			rights = unix.UnixRights(list...)
		}
		err = unix.Sendmsg(int(other.Fd()), b, rights, nil, unix.MSG_DONTWAIT)
		_ = other.Close()
		if err != nil {
			return
		}
		_, file, err := conn.Recv()
		if err != nil {
			require.Nil(t, file)
			return
		}
		if file != nil {
			_ = file.Close()
		}
	})
}
