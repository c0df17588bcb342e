package ring_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
)

// chime is a bell between two goroutines. It drops what does not fit, as a socket
// would whose buffer is full.
type chime struct{ hear, sound chan struct{} }

func chimes() (a, b chime) {
	x, y := make(chan struct{}, 1), make(chan struct{}, 1)
	return chime{x, y}, chime{y, x}
}

func (c chime) Ring() {
	select {
	case c.sound <- struct{}{}:
	default:
	}
}

func (c chime) Wait(timeout time.Duration) {
	var over <-chan time.Time
	if timeout > 0 {
		over = time.After(timeout)
	}
	select {
	case <-c.hear:
	case <-over:
	}
}

// With a bell there is no look every so often: a sound that was lost would hang the test.
func TestBells(t *testing.T) {
	_, w, r := pair(t, ring.MinSize)
	a, b := chimes()
	w.SetBell(a)
	r.SetBell(b)
	const n = 50_000
	fail := make(chan error, 1)
	go func() {
		var body [40]byte
		for i := range uint32(n) {
			binary.LittleEndian.PutUint32(body[:], i)
			for {
				ok, err := w.Write(0, body[:])
				if err != nil {
					fail <- err
					return
				}
				if ok {
					break
				}
				_, _ = w.WaitRoom(len(body), 0)
			}
			w.Wake()
		}
		fail <- nil
	}()
	for i := uint32(0); i < n; {
		_, body, ok, err := r.Read()
		require.NoError(t, err)
		if !ok {
			r.Wait(0)
			continue
		}
		require.Equal(t, i, binary.LittleEndian.Uint32(body))
		i++
	}
	require.NoError(t, <-fail)
	require.False(t, r.Wait(time.Millisecond), "nothing came")
}
