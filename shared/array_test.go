package shared_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newArray[T any](t *testing.T, elements ...T) *shared.Array[T] {
	t.Helper()
	a, err := shared.NewArrayFrom(elements)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

func ExampleArray() {
	a, err := shared.NewArrayFrom([]int32{1, 2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()

	s := a.Slice() // the memory itself
	s[0] = 10
	fmt.Println(a.Get(0), a.Len())
	fmt.Println(a.Update(func(elements []int32) { elements[1]++ }))
	fmt.Println(s)
	// Output:
	// 10 3
	// <nil>
	// [10 3 3]
}

func TestArray(t *testing.T) {
	t.Run("of a size is zeroed", func(t *testing.T) {
		a, err := shared.NewArray[uint16](10)
		require.NoError(t, err)
		defer a.Close()
		require.Equal(t, make([]uint16, 10), a.Slice())
	})
	t.Run("may be empty, but not negative", func(t *testing.T) {
		a := newArray[int64](t)
		require.Equal(t, 0, a.Len())
		require.Empty(t, a.Slice())
		require.Panics(t, func() { a.Get(0) })
		_, err := shared.NewArray[int64](-1)
		require.ErrorContains(t, err, "-1 elements")
	})
	t.Run("get and set work for every size of element", func(t *testing.T) {
		getSet(t, uint8(200))
		getSet(t, int16(-3))
		getSet(t, float32(0.5))
		getSet(t, 0.5)
		getSet(t, point{1, 2, 3})
		getSet(t, [3]byte{1, 2, 3})
		getSet(t, [4]byte{1, 2, 3, 4})
		getSet(t, [2]uint16{1, 2})
	})
	t.Run("an index out of range panics", func(t *testing.T) {
		a := newArray(t, 1, 2, 3)
		require.Panics(t, func() { a.Get(3) })
		require.Panics(t, func() { a.Set(-1, 0) })
	})
	t.Run("a slice outlives its handle", func(t *testing.T) {
		s := func() []int {
			a, err := shared.NewArrayFrom([]int{1, 2, 3})
			require.NoError(t, err)
			return a.Slice()
		}()
		for range 5 {
			runtime.GC()
		}
		s[0]++
		require.Equal(t, []int{2, 2, 3}, s)
	})
	t.Run("closed, its slice reads as zeros", func(t *testing.T) {
		a := newArray(t, 1, 2, 3)
		s := a.Slice()
		require.NoError(t, a.Close())
		require.Equal(t, []int{0, 0, 0}, s)
		require.PanicsWithValue(t, shared.ErrClosed, func() { a.Get(0) })
		require.PanicsWithValue(t, shared.ErrClosed, func() { a.Slice() })
		require.ErrorIs(t, a.Update(nil), shared.ErrClosed)
	})
}

func getSet[T any](t *testing.T, v T) {
	t.Helper()
	a, err := shared.NewArray[T](3)
	require.NoError(t, err)
	defer a.Close()
	a.Set(1, v)
	var zero T
	require.Equal(t, []T{zero, v, zero}, a.Slice())
	require.Equal(t, v, a.Get(1))
}

// Memory that was shared must be ordinary memory again before the runtime uses
// it for something else.
func TestArrayMemoryIsReused(t *testing.T) {
	for i := range 300 {
		a, err := shared.NewArrayFrom(make([]byte, 1<<(10+i%10)))
		require.NoError(t, err)
		if i%2 == 0 {
			require.NoError(t, a.Close())
		}
		garbage := make([][]byte, 10)
		for j := range garbage {
			garbage[j] = make([]byte, 64<<10)
			garbage[j][100] = 1
		}
		if i%20 == 0 {
			runtime.GC()
		}
	}
}

var arrayWriter = helper("array writer", func(c *child) {
	var a shared.Array[point]
	c.decode(&a)
	a.Slice()[2].Y = 7
	must(a.UpdateContext(context.Background(), func(ps []point) {
		ps[0].X = 1
		c.say("inside")
		c.hear()
	}))
})

func TestArrayAcrossProcesses(t *testing.T) {
	a := newArray(t, point{}, point{}, point{})
	p := start(t, arrayWriter, nil, a)
	p.expect("inside")
	require.Equal(t, []point{{X: 1}, {}, {Y: 7}}, a.Slice())
	p.kill()
	require.ErrorIs(t, a.Update(func([]point) { t.Error("ran") }), shared.ErrOwnerDied)
	require.ErrorIs(t, a.Mutex().Lock(t.Context()), shared.ErrOwnerDied)
	require.NoError(t, a.Mutex().Consistent())
	require.NoError(t, a.Mutex().Unlock())
	require.NoError(t, a.Update(func(ps []point) { ps[0] = point{} }))
}
