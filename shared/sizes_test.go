//go:build linux

package shared_test

import (
	"errors"
	"io/fs"
	"math"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// more is more than this machine has, but not absurd.
func more(t *testing.T) int {
	t.Helper()
	var info syscall.Sysinfo_t
	require.NoError(t, syscall.Sysinfo(&info))
	bytes := (uint64(info.Totalram) + uint64(info.Totalswap)) * uint64(info.Unit)
	return int(min(2*bytes, math.MaxInt))
}

// What cannot be had is an error when it is asked for.
func TestSizesThatCannotBe(t *testing.T) {
	refused := func(want error, made any, err error) {
		t.Helper()
		require.ErrorIs(t, err, want)
		require.Nil(t, made)
	}
	for _, n := range []int{-1, math.MinInt} {
		a, err := shared.NewArray[int64](n)
		refused(fs.ErrInvalid, a, err)
		m, err := shared.NewMemory(n)
		refused(fs.ErrInvalid, m, err)
		m, err = shared.CreateMemory("", n)
		refused(fs.ErrInvalid, m, err)
	}
	sizes := []int{math.MaxInt, math.MaxInt/2 + 1, math.MaxInt/4 + 1, math.MaxInt/4 + 2, more(t)}
	var counts []int // that are too many
	if most := int64(math.MaxInt32); most < math.MaxInt {
		sizes = append(sizes, math.MaxInt/8+1)
		counts = []int{math.MaxInt, int(most + 1)}
	}
	for _, n := range sizes {
		a, err := shared.NewArray[int64](n)
		refused(syscall.ENOMEM, a, err)
		b, err := shared.NewArray[byte](n)
		refused(syscall.ENOMEM, b, err)
		c, err := shared.NewArray[[1 << 20]int64](n)
		refused(syscall.ENOMEM, c, err)
		m, err := shared.NewMemory(n)
		refused(syscall.ENOMEM, m, err)
		name := freshName(t)
		m, err = shared.CreateMemory(name, n)
		refused(syscall.ENOMEM, m, err)
		require.ErrorContains(t, err, name)
		require.NoFileExists(t, "/dev/shm/"+name)
		q, err := shared.NewQueueWith[string](shared.QueueConfig{Bytes: n})
		refused(syscall.ENOMEM, q, err)
	}
	for _, n := range []int{-1, math.MinInt} {
		q, err := shared.NewQueueWith[int](shared.QueueConfig{Bytes: n})
		refused(fs.ErrInvalid, q, err)
	}
	for _, n := range counts {
		q, err := shared.NewQueueWith[int](shared.QueueConfig{Items: n})
		refused(fs.ErrInvalid, q, err)
	}
	for _, n := range append(counts, -1, math.MinInt) {
		s, err := shared.NewSemaphore(n)
		refused(fs.ErrInvalid, s, err)
		b, err := shared.NewBoundedSemaphore(n)
		refused(fs.ErrInvalid, b, err)
		r, err := shared.NewBarrier(n)
		refused(fs.ErrInvalid, r, err)
	}
}

func isErrno(err error, errno syscall.Errno) bool { return errors.Is(err, errno) }

// Descriptors that are used up are an error that says so, and after Close all is well.
var fewFiles = helper("few files", func(c *child) {
	n, err := strconv.ParseUint(c.args[0], 10, 64)
	must(err)
	must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: n, Max: n}))
	var open []*shared.Mutex
	for {
		m, err := shared.NewMutex()
		if err != nil {
			c.say("%v %v", len(open) < int(n), isErrno(err, syscall.EMFILE))
			break
		}
		open = append(open, m)
	}
	for _, m := range open {
		must(m.Close())
	}
	for range 10 * n { // dropped, not closed
		_, err := shared.NewMutex()
		must(err)
	}
	c.say("done")
})

func TestDescriptorsOfDroppedObjectsAreFreed(t *testing.T) {
	p := start(t, fewFiles, []string{"100"})
	p.expect("true true")
	p.expect("done")
	p.wait()
}
