package shared_test

import (
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/shm"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// A process that clears away the signs of the dead must not wipe that of one alive,
// which has taken the place meanwhile.
func TestNobodyWipesASignOfTheLiving(t *testing.T) {
	a, _ := newPipe[int](t)
	// Makes the moment longer in which the cell is taken and the state still that of
	// the dead.
	shm.OnStep(func(step int) {
		if step == shm.StepCellClaimed {
			runtime.Gosched()
		}
	})
	defer shm.OnStep(nil)
	wiped := make(chan uint32, 8)
	var wg sync.WaitGroup
	for g := range uint32(8) {
		wg.Go(func() {
			for i := range uint32(3000) {
				ticket := g<<16 | i
				s, err := shared.NewSign(a, ticket)
				if err != nil {
					wiped <- ticket
					return
				}
				runtime.Gosched()
				if !s.Stands(ticket) {
					wiped <- ticket
					return
				}
				if i%2 == 0 {
					s.Die()
				} else {
					s.Leave()
				}
			}
		})
	}
	wg.Wait()
	require.Empty(t, wiped)
}

var signTaker = helper("sign taker", func(c *child) {
	dieAt(shm.StepCellClaimed)
	var end shared.Conn[string]
	c.decode(&end)
})

// A process that dies while it takes the cell of a dead one leaves it to the next.
func TestDeathWhileASignIsPutUp(t *testing.T) {
	a, b := newPipe[string](t)
	for range 5 {
		encodedEnd, err := b.MarshalBinary()
		require.NoError(t, err)
		start(t, signTaker, nil, encoded(encodedEnd), encoded(encodedEnd[:len(encodedEnd)/2])).died()
		s, err := shared.NewSign(a, 7)
		require.NoError(t, err)
		require.True(t, s.Stands(7))
		s.Die()
	}
	require.NoError(t, a.Send(t.Context(), "x"), "b is there")
	require.NoError(t, b.Close())
	require.ErrorIs(t, a.Send(t.Context(), "x"), io.ErrClosedPipe)
}
