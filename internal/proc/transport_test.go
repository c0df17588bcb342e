package proc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// loop returns a transport whose two ends are connected to each other, and the
// ring in between.
func loop(t require.TestingT, size int) (tr *rings, header, data []byte) {
	header, data = make([]byte, ring.HeaderSize), make([]byte, size)
	w, err := ring.NewWriter(header, data)
	require.NoError(t, err)
	r, err := ring.NewReader(header, data)
	require.NoError(t, err)
	return &rings{out: w, in: r}, header, data
}

func TestMessagesOfAllLengths(t *testing.T) {
	tr, _, _ := loop(t, 4096)
	done := make(chan error, 1)
	var sizes []int
	for n := range 3000 {
		sizes = append(sizes, n)
	}
	sizes = append(sizes, 1<<20, 40<<20, 5)
	body := bytes.Repeat([]byte("0123456789abcdef"), 40<<16)
	go func() {
		for _, n := range sizes {
			if err := tr.Stream([]byte("head"), body[:n], func() {}, func() bool { return true }); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for _, n := range sizes {
		var msg []byte
		for ok := false; !ok; {
			var err error
			msg, ok, err = tr.Recv()
			require.NoError(t, err)
			if !ok {
				tr.Wait(0)
			}
		}
		require.Len(t, msg, 4+n)
		require.True(t, bytes.Equal(msg[:4], []byte("head")) && bytes.Equal(msg[4:], body[:n]))
	}
	require.NoError(t, <-done)
}

// A message that was kept is not touched by those after it.
func TestKeep(t *testing.T) {
	tr, _, _ := loop(t, 4096)
	next := func(b byte, n int) []byte {
		done := make(chan error, 1)
		go func() {
			done <- tr.Stream(nil, bytes.Repeat([]byte{b}, n), func() {}, func() bool { return true })
		}()
		for {
			msg, ok, err := tr.Recv()
			require.NoError(t, err)
			if ok {
				require.NoError(t, <-done)
				return msg
			}
			tr.Wait(0)
		}
	}
	first := next(1, 10000)
	require.True(t, tr.Keep())
	require.False(t, tr.Keep(), "it is the caller's already")
	next(2, 10000)
	require.Equal(t, bytes.Repeat([]byte{1}, 10000), first)
	next(3, 10)
	require.False(t, tr.Keep(), "a short message has no memory of its own")
}

func TestStreamGivesUp(t *testing.T) {
	tr, _, _ := loop(t, 4096)
	asked := 0
	err := tr.Stream(nil, make([]byte, 10000), func() {}, func() bool { asked++; return asked < 3 })
	require.ErrorIs(t, err, errGone)
}

func TestTooLong(t *testing.T) {
	tr, _, _ := loop(t, 4096)
	huge := make([]byte, wire.MaxMessage) // never touched
	err := tr.Stream([]byte("x"), huge, func() {}, func() bool { return true })
	require.ErrorIs(t, err, ErrTooLong)
}

// A message that speaks of gigabytes gets no more than a bounded buffer.
func TestGarbageLength(t *testing.T) {
	buffers = sync.Pool{} // a larger one that another test has left would be taken
	tr, _, _ := loop(t, 1<<20)
	_, err := tr.out.Write(tagFirst, binary.LittleEndian.AppendUint64(nil, wire.MaxMessage), []byte("x"))
	require.NoError(t, err)
	_, ok, err := tr.Recv()
	require.NoError(t, err)
	require.False(t, ok)
	require.LessOrEqual(t, cap(tr.long), believed+1<<20)

	tr, _, _ = loop(t, 1<<20)
	_, err = tr.out.Write(tagFirst, binary.LittleEndian.AppendUint64(nil, wire.MaxMessage+1), []byte("x"))
	require.NoError(t, err)
	_, _, err = tr.Recv()
	require.ErrorIs(t, err, wire.ErrGarbage)
}

// Whatever records the other side writes, Recv ends with a message or an error.
func FuzzRecv(f *testing.F) {
	f.Add([]byte{0, 1, 'x', 1, 9, 20, 0, 0, 0, 0, 0, 0, 0, 'x', 2, 1, 'x'})
	f.Fuzz(func(t *testing.T, script []byte) {
		tr, _, _ := loop(t, 1024)
		for len(script) >= 2 {
			tag, n := uint32(script[0]%4), min(int(script[1]), len(script)-2, tr.out.MaxRecord())
			if ok, err := tr.out.Write(tag, script[2:2+n]); err != nil || !ok {
				break
			}
			script = script[2+n:]
			for {
				msg, ok, err := tr.Recv()
				if err != nil {
					require.True(t, errors.Is(err, wire.ErrGarbage) || errors.Is(err, ring.ErrCorrupt), err.Error())
					return
				}
				if !ok {
					break
				}
				require.LessOrEqual(t, len(msg), 1<<20)
			}
		}
	})
}

// Exactly one side has a call, and a worker never begins one that was revoked.
func TestClaimsAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClaims(make([]byte, claimsSize))
		const offeredState, takenState, revokedState = "offered", "taken", "revoked"
		state := map[uint64]string{}
		last := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"offer": func(*rapid.T) {
				last++
				delete(state, last-min(last, ClaimSlots)) // its slot is used again
				c.Offer(last)
				state[last] = offeredState
			},
			"take": func(t *rapid.T) {
				id := rapid.Uint64Range(0, last+1).Draw(t, "id")
				require.Equal(t, state[id] == offeredState, c.Take(id))
				if state[id] == offeredState {
					state[id] = takenState
				}
			},
			"revoke": func(t *rapid.T) {
				id := rapid.Uint64Range(0, last+1).Draw(t, "id")
				require.Equal(t, state[id] == offeredState, c.Revoke(id))
				if state[id] == offeredState {
					state[id] = revokedState
				}
			},
			"": func(t *rapid.T) {
				for id, s := range state {
					require.Equal(t, s == offeredState, c.Untouched(id))
				}
			},
		})
	})
}
