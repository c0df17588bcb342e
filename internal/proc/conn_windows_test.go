package proc

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/seed-1b9fde7b/asyncgo/internal/section"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// peerOf starts a process and returns a handle of it for a Conn.
func peerOf(t testing.TB) func(testing.TB) windows.Handle {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), blockVariable+"=1")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may not hear the end of its input: garbage may name that
		_ = in.Close()
		_ = cmd.Wait()
	})
	return func(t testing.TB) (peer windows.Handle) {
		require.NoError(t, cmd.Process.WithHandle(func(process uintptr) {
			var err error
			peer, err = copyOf(windows.Handle(process), false)
			require.NoError(t, err)
		}))
		return peer
	}
}

// arrive makes bytes come at a parent's end, and receives until there is an error.
func arrive(t testing.TB, peer windows.Handle, b []byte) {
	t.Helper()
	conn, other, err := sysConns.pair()
	require.NoError(t, err)
	conn.setPeer(peer)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		end := os.NewFile(uintptr(other), "other end")
		_, _ = end.Write(b)
		_ = end.Close()
	}()
	for err == nil {
		var file *os.File
		if _, file, err = conn.Recv(); file != nil {
			require.NoError(t, err)
			require.NoError(t, file.Close())
		}
	}
	if err != io.EOF {
		require.ErrorIs(t, err, wire.ErrGarbage)
	}
	require.NoError(t, conn.Close()) // ends the writer, too
	<-sent
}

func frameOf(head uint32, handle uint64, body []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, head|uint32(len(body)))
	if head&withHandle != 0 {
		b = binary.LittleEndian.AppendUint64(b, handle)
	}
	return append(b, body...)
}

// Whatever comes at the parent's end, with or without handles, Recv returns it or an
// error, and a handle of something else than memory is refused.
func FuzzConn(f *testing.F) {
	m := wire.Message{Kind: wire.Fetched, Body: []byte("x")}
	body := m.Append(nil)
	f.Add(frameOf(0, 0, body))
	f.Add(append(frameOf(0, 0, body), frameOf(0, 0, body)...))
	for _, handle := range []uint64{0, 3, 4, 8, 0x100, 1 << 31, 1 << 63} {
		f.Add(frameOf(withHandle, handle, body))
	}
	f.Add([]byte("garbage"))
	f.Add(bytes.Repeat([]byte{0xff}, 100))
	peer := peerOf(f)
	f.Fuzz(func(t *testing.T, b []byte) { arrive(t, peer(t), b) })
}

// Without a fuzzer, which does not run under wine.
func TestAnythingMayComeAtTheParentsEnd(t *testing.T) {
	peer := peerOf(t)
	random := rand.New(rand.NewPCG(1, 2))
	m := wire.Message{Kind: wire.Fetched, Body: []byte("x")}
	for range 1000 {
		var b []byte
		for range random.IntN(4) {
			head := uint32(random.IntN(2)) * withHandle
			body := m.Append(nil)
			if random.IntN(2) == 0 {
				body[random.IntN(len(body))] ^= byte(1 << random.IntN(8))
			}
			b = append(b, frameOf(head, uint64(random.IntN(300))*uint64(1+3*random.IntN(2)), body)...)
		}
		if len(b) > 0 && random.IntN(3) == 0 {
			b = b[:random.IntN(len(b))]
		}
		arrive(t, peer(t), b)
	}
}

func TestAHandleTravels(t *testing.T) {
	conn, theirs, err := sysConns.pair()
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	worker, err := sysConns.open(uintptr(theirs))
	require.NoError(t, err)
	defer func() { require.NoError(t, worker.Close()) }()
	peer, err := copyOf(windows.CurrentProcess(), false)
	require.NoError(t, err)
	conn.setPeer(peer)
	h, err := section.Create(section.Granularity)
	require.NoError(t, err)
	defer func() { _ = windows.CloseHandle(h) }()
	for _, way := range []struct{ from, to *Conn }{{conn, worker}, {worker, conn}} {
		require.NoError(t, way.from.Send(wire.Message{Kind: wire.Fetched}, int(h)))
		_, file, err := way.to.Recv()
		require.NoError(t, err)
		size, err := section.Size(windows.Handle(file.Fd()))
		require.NoError(t, err)
		require.EqualValues(t, section.Granularity, size)
		require.NoError(t, file.Close())
	}
}
