package ring_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
)

func pair(t require.TestingT, size int) (header []byte, w *ring.Writer, r *ring.Reader) {
	header = make([]byte, ring.HeaderSize)
	data := make([]byte, size)
	w, err := ring.NewWriter(header, data)
	require.NoError(t, err)
	r, err = ring.NewReader(header, data)
	require.NoError(t, err)
	return header, w, r
}

func TestNewRefusesBadSizes(t *testing.T) {
	for _, size := range []int{0, 8, ring.MinSize - 1, ring.MinSize + 8, 3 * ring.MinSize} {
		_, err := ring.NewWriter(make([]byte, ring.HeaderSize), make([]byte, size))
		require.Error(t, err, size)
	}
	_, err := ring.NewReader(make([]byte, ring.HeaderSize-1), make([]byte, ring.MinSize))
	require.Error(t, err)
}

func TestTooLongForARecord(t *testing.T) {
	_, w, _ := pair(t, ring.MinSize)
	ok, err := w.Write(0, make([]byte, w.MaxRecord()+1))
	require.NoError(t, err)
	require.False(t, ok)
	ok, err = w.Write(0, make([]byte, w.MaxRecord()))
	require.NoError(t, err)
	require.True(t, ok)
}

// The reference is a slice of the records that were written and not read.
func TestAgainstAQueue(t *testing.T) {
	type rec struct {
		tag  uint32
		body []byte
	}
	rapid.Check(t, func(t *rapid.T) {
		_, w, r := pair(t, ring.MinSize<<rapid.IntRange(0, 3).Draw(t, "size"))
		var want []rec
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				a := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "a")
				b := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "b")
				tag := rapid.Uint32().Draw(t, "tag")
				ok, err := w.Write(tag, a, b)
				require.NoError(t, err)
				if ok {
					want = append(want, rec{tag, append(append([]byte{}, a...), b...)})
				} else {
					require.True(t, len(want) > 0 || len(a)+len(b) > w.MaxRecord(), "an empty ring has room")
				}
			},
			"read": func(t *rapid.T) {
				require.Equal(t, len(want) > 0, r.Ready())
				tag, body, ok, err := r.Read()
				require.NoError(t, err)
				require.Equal(t, len(want) > 0, ok)
				if ok {
					require.Equal(t, want[0].tag, tag)
					require.Equal(t, want[0].body, append([]byte{}, body...))
					want = want[1:]
				}
			},
		})
	})
}

// Both sides sleep and wake each other all the time; a lost wake-up hangs.
func TestTwoSides(t *testing.T) {
	_, w, r := pair(t, 1024)
	const n = 20000
	fail := make(chan error, 1)
	go func() {
		rnd := rand.New(rand.NewPCG(1, 2))
		for i := range uint32(n) {
			body := make([]byte, 4+rnd.IntN(200))
			binary.LittleEndian.PutUint32(body, i)
			for {
				ok, err := w.Write(uint32(len(body)), body)
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
		tag, body, ok, err := r.Read()
		require.NoError(t, err)
		if !ok {
			r.Wait(0)
			continue
		}
		require.Len(t, body, int(tag))
		require.Equal(t, i, binary.LittleEndian.Uint32(body))
		i++
	}
	require.NoError(t, <-fail)
}

func TestWaits(t *testing.T) {
	_, w, r := pair(t, ring.MinSize)
	require.False(t, r.Wait(time.Millisecond), "nothing came")
	require.True(t, r.Park())
	ok, err := w.Write(1, []byte("x"))
	require.NoError(t, err)
	require.True(t, ok)
	waited, bell := w.Wake()
	require.True(t, waited && bell, "a parked reader needs the bell")
	waited, bell = w.Wake()
	require.False(t, waited || bell, "once")
	require.False(t, r.Park(), "there is something already")
	require.True(t, r.Wait(0))
	ok, err = w.WaitRoom(w.MaxRecord(), time.Millisecond)
	require.NoError(t, err)
	require.True(t, ok)
}

func TestGarbagePositions(t *testing.T) {
	t.Run("the writer's position", func(t *testing.T) {
		for _, pos := range []uint64{1, 7, ring.MinSize + 8, 1 << 63, ^uint64(0)} {
			header, _, r := pair(t, ring.MinSize)
			binary.LittleEndian.PutUint64(header, pos)
			_, _, _, err := r.Read()
			require.ErrorIs(t, err, ring.ErrCorrupt, pos)
		}
	})
	t.Run("the reader's position", func(t *testing.T) {
		for _, pos := range []uint64{1, ring.MinSize + 8, 1 << 63, ^uint64(0)} {
			header, w, _ := pair(t, ring.MinSize)
			for {
				ok, err := w.Write(0, make([]byte, 24))
				require.NoError(t, err)
				if !ok {
					break
				}
			}
			binary.LittleEndian.PutUint64(header[128:], pos)
			_, err := w.Write(0, make([]byte, 24))
			require.ErrorIs(t, err, ring.ErrCorrupt, pos)
		}
	})
}

// Whatever the other process leaves in the shared memory, the reader returns an
// error or a record that fits in the ring, and ends.
func FuzzReader(f *testing.F) {
	f.Add(uint64(16), []byte{1, 0, 0, 0, 9, 0, 0, 0, 'x'})
	f.Add(uint64(1<<40), []byte{})
	f.Add(uint64(256), []byte{255, 255, 255, 255, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, pos uint64, junk []byte) {
		header := make([]byte, ring.HeaderSize)
		data := make([]byte, ring.MinSize)
		copy(data, junk)
		binary.LittleEndian.PutUint64(header, pos)
		r, err := ring.NewReader(header, data)
		require.NoError(t, err)
		dst := make([]byte, 16)
		for i := 0; ; i++ {
			var ok bool
			if i%2 == 0 {
				var body []byte
				_, body, ok, err = r.Read()
				require.LessOrEqual(t, len(body), r.MaxRecord())
			} else {
				_, _, ok, err = r.ReadInto(dst)
			}
			if err != nil || !ok {
				return
			}
			require.Less(t, i, ring.MinSize/8, "more records than fit in the ring")
		}
	})
}

// Whatever the other process says it has read, the writer returns an error or
// goes on inside its block.
func FuzzWriter(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, positions []byte) {
		header, w, _ := pair(t, ring.MinSize)
		for len(positions) >= 8 {
			copy(header[128:], positions[:8])
			positions = positions[8:]
			for range 4 {
				if ok, err := w.Write(7, make([]byte, 20)); err != nil || !ok {
					break
				}
			}
		}
	})
}

func BenchmarkWriteRead(b *testing.B) {
	_, w, r := pair(b, 1<<20)
	body := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.Write(0, body)
		_, _, _, _ = r.Read()
	}
}
