//go:build !asyncgo_polling

package shm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A thread that sleeps at a word is counted, is woken though the word has not changed,
// and leaves nothing behind when its time is over.
func TestSleepersAtAWordAreWoken(t *testing.T) {
	s, err := Create(Header{Kind: 1}, 0)
	require.NoError(t, err)
	defer s.Release()
	word := s.U32(UserStart)
	for range 20 {
		const sleepers = 3
		var done [sleepers]chan struct{}
		for i := range done {
			done[i] = make(chan struct{})
			go func() {
				FutexWait(word, 0, time.Hour)
				close(done[i])
			}()
		}
		require.Eventually(t, func() bool { return waitersOf(word).Load() == sleepers }, 10*time.Second, time.Millisecond)
		require.Equal(t, 1, FutexWake(word, 1))
		require.EqualValues(t, sleepers-1, waitersOf(word).Load())
		require.Equal(t, sleepers-1, FutexWake(word, 1<<30))
		for i := range done {
			<-done[i]
		}
		require.Zero(t, FutexWake(word, 1))
	}
	FutexWait(word, 0, shortestSleep)
	require.Zero(t, waitersOf(word).Load())
}

// The number beside a word is written by others, too.
func TestAnAbsurdNumberOfWaitersIsHarmless(t *testing.T) {
	s, err := Create(Header{Kind: 1}, 0)
	require.NoError(t, err)
	defer s.Release()
	word := s.U32(UserStart)
	waitersOf(word).Store(1<<32 - 1)
	require.Equal(t, mostWaiters, FutexWake(word, 1<<30))
	require.Zero(t, FutexWake(word, 1<<30))
	FutexWait(word, 0, time.Hour) // woken by what is left in the semaphore
	FutexWait(word, 1, time.Hour)
}
