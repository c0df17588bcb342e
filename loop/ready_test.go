package loop

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRingGrowsAndKeepsPositions(t *testing.T) {
	var r ring
	for i := range 1000 {
		require.EqualValues(t, i, r.push(entry{t: &task{id: uint64(i)}}))
		if i%3 == 0 {
			r.pop()
		}
	}
	first := r.head
	r.drop(first)
	r.drop(first - 1) // gone
	r.drop(r.tail)    // not there yet
	require.Equal(t, entryID(entry{}), entryID(r.pop()))
	require.Equal(t, first+1, entryID(r.pop()))
}

func entryID(e entry) uint64 {
	if e.t == nil {
		return 1<<64 - 1
	}
	return e.t.id
}
