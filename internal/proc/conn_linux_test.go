package proc

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

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
