package shared_test

import (
	"encoding"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// Any handle could be decoded into a Mutex, be it of a Queue.
func TestMutexIsDecodedFromHandlesWithALock(t *testing.T) {
	v, err := shared.NewValue(1)
	require.NoError(t, err)
	a, err := shared.NewArray[int](1)
	require.NoError(t, err)
	c, err := shared.NewCondition(nil)
	require.NoError(t, err)
	r, err := shared.NewRLock()
	require.NoError(t, err)
	q, err := shared.NewQueue[int](0)
	require.NoError(t, err)
	e, err := shared.NewEvent()
	require.NoError(t, err)

	t.Cleanup(func() {
		for _, c := range []io.Closer{v, a, c, r, q, e} {
			require.NoError(t, c.Close())
		}
	})

	decode := func(h encoding.BinaryMarshaler) error {
		b, err := h.MarshalBinary()
		require.NoError(t, err)
		var m shared.Mutex
		if err := m.UnmarshalBinary(b); err != nil {
			return err
		}
		defer m.Close()
		ok, err := m.TryLock()
		require.NoError(t, err)
		require.True(t, ok)
		return m.Unlock()
	}
	for _, h := range []encoding.BinaryMarshaler{newMutex(t), v, a, c, v.Mutex(), a.Mutex(), c.Mutex()} {
		require.NoError(t, decode(h), "%T", h)
	}
	for _, h := range []encoding.BinaryMarshaler{r, q, e} {
		require.ErrorIs(t, decode(h), shared.ErrType, "%T", h)
	}
}
