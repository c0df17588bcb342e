package shared_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// foo is the structure of CPython's tests.
type foo struct {
	X int32
	Y float64
	Z int64
}

var pythonAssigner = helper("python assigner", func(c *child) {
	var i shared.Value[int32]
	var d shared.Value[float64]
	var h shared.Value[int16]
	var q shared.Value[int64]
	var b shared.Value[byte]
	c.decode(&i, &d, &h, &q, &b)
	i.Store(-24)
	d.Store(-14.25)
	h.Store(-232)
	q.Store(2 << 34)
	b.Store('y')
})

func TestPythonValue(t *testing.T) {
	t.Run("test_value", func(t *testing.T) {
		i, d, h := newValue(t, int32(4343)), newValue(t, 3.625), newValue(t, int16(-232))
		q, b := newValue(t, int64(2<<33)), newValue(t, byte('x'))
		start(t, pythonAssigner, nil, i, d, h, q, b).wait()
		require.Equal(t, int32(-24), i.Load())
		require.Equal(t, -14.25, d.Load())
		require.Equal(t, int16(-232), h.Load())
		require.Equal(t, int64(2<<34), q.Load())
		require.Equal(t, byte('y'), b.Load())
	})
	t.Run("test_rawvalue", func(t *testing.T) {
		// There is no form without a lock; no method of this test takes it.
		v := newValue(t, 5.5)
		lock(t, v.Mutex())
		v.Store(7.5)
		require.Equal(t, 7.5, v.Load())
		require.NoError(t, v.Mutex().Unlock())
	})
	t.Run("test_getobj_getlock", func(t *testing.T) {
		v := newValue(t, int32(5))
		require.NotNil(t, v.Mutex())
	})
}

// sums replaces each element by the sum of all up to it.
func sums(s []int32) {
	for i := 1; i < len(s); i++ {
		s[i] += s[i-1]
	}
}

var pythonSummer = helper("python summer", func(c *child) {
	var a shared.Array[int32]
	c.decode(&a)
	if c.args[0] == "raw" {
		sums(a.Slice())
	} else {
		must(a.Update(sums))
	}
})

func TestPythonArray(t *testing.T) {
	seq := []int32{680, 626, 934, 821, 150, 233, 548, 982, 714, 831}
	for name, how := range map[string]string{"test_array": "", "test_rawarray": "raw"} {
		t.Run(name, func(t *testing.T) {
			a := newArray(t, seq...)
			require.Equal(t, len(seq), a.Len())
			require.Equal(t, seq[3], a.Get(3))
			require.Equal(t, seq[2:7], a.Slice()[2:7])
			copy(a.Slice()[4:8], []int32{1, 2, 3, 4})
			want := append([]int32{}, seq...)
			copy(want[4:8], []int32{1, 2, 3, 4})
			require.Equal(t, want, a.Slice())
			sums(want)
			start(t, pythonSummer, []string{how}, a).wait()
			require.Equal(t, want, a.Slice())
		})
	}
	t.Run("test_array_from_size", func(t *testing.T) {
		// Memory that was used and given back must come back zeroed.
		for range 3 {
			a, err := shared.NewArray[int32](10)
			require.NoError(t, err)
			require.Equal(t, make([]int32, 10), a.Slice())
			copy(a.Slice(), seq)
			require.Equal(t, seq, a.Slice())
			require.NoError(t, a.Close())
		}
	})
	t.Run("test_getobj_getlock_obj", func(t *testing.T) {
		a := newArray(t, seq...)
		require.NotNil(t, a.Mutex())
	})
}

var pythonDoubler = helper("python doubler", func(c *child) {
	var x shared.Value[int32]
	var y shared.Value[float64]
	var z shared.Value[int64]
	var f shared.Value[foo]
	var a shared.Array[float64]
	var s shared.Array[byte]
	c.decode(&x, &y, &z, &f, &a, &s)
	if c.args[0] == "raw" {
		x.Store(x.Load() * 2)
		y.Store(y.Load() * 2)
		z.Store(z.Load() * 2)
		v := f.Load()
		f.Store(foo{X: v.X * 2, Y: v.Y * 2, Z: v.Z})
		for i, v := range a.Slice() {
			a.Set(i, v*2)
		}
	} else {
		_, err := x.Update(func(v int32) int32 { return v * 2 })
		must(err)
		_, err = y.Update(func(v float64) float64 { return v * 2 })
		must(err)
		_, err = z.Update(func(v int64) int64 { return v * 2 })
		must(err)
		_, err = f.Update(func(v foo) foo { return foo{X: v.X * 2, Y: v.Y * 2, Z: v.Z} })
		must(err)
		must(a.Update(func(s []float64) {
			for i := range s {
				s[i] *= 2
			}
		}))
	}
	must(shared.SetText(&s, shared.Text(&s)+shared.Text(&s)))
})

func TestPythonSharedCTypes(t *testing.T) {
	for name, how := range map[string]string{"test_sharedctypes": "raw", "test_synchronize": ""} {
		t.Run(name, func(t *testing.T) {
			x, y, z := newValue(t, int32(7)), newValue(t, 1.0/3), newValue(t, int64(1<<33))
			f, a, s := newValue(t, foo{X: 3, Y: 2}), newArray(t, 0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9), newArray(t, make([]byte, 20)...)
			require.NoError(t, shared.SetText(s, "hello"))
			start(t, pythonDoubler, []string{how}, x, y, z, f, a, s).wait()
			require.Equal(t, int32(14), x.Load())
			require.InDelta(t, 2.0/3, y.Load(), 1e-9)
			require.Equal(t, int64(1<<34), z.Load())
			require.Equal(t, foo{X: 6, Y: 4}, f.Load())
			for i, v := range a.Slice() {
				require.InDelta(t, 2*float64(i), v, 1e-9)
			}
			require.Equal(t, "hellohello", shared.Text(s))
		})
	}
	t.Run("test_copy", func(t *testing.T) {
		v := newValue(t, foo{2, 5, 1 << 33})
		bar := v.Load()
		v.Store(foo{})
		require.Equal(t, foo{2, 5, 1 << 33}, bar)
	})
}

func TestText(t *testing.T) {
	a := newArray(t, []byte("abc")...)
	require.Equal(t, "abc", shared.Text(a))
	require.Error(t, shared.SetText(a, "abcd"))
	require.Equal(t, "abc", shared.Text(a))
	require.NoError(t, shared.SetText(a, "x"))
	require.Equal(t, "x", shared.Text(a))
	require.Equal(t, "x\x00c", string(a.Slice()), "the rest stays, as in Python")
	require.NoError(t, a.Close())
	require.ErrorIs(t, shared.SetText(a, ""), shared.ErrClosed)
	require.PanicsWithValue(t, shared.ErrClosed, func() { shared.Text(a) })
}
