package shared_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func newValue[T comparable](t *testing.T, v T) *shared.Value[T] {
	t.Helper()
	value, err := shared.NewValue(v)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, value.Close()) })
	return value
}

func ExampleValue() {
	counter, err := shared.NewValue(0.0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer counter.Close()

	fmt.Println(counter.Update(func(v float64) float64 { return v + 1 }))
	fmt.Println(counter.Add(1.5))
	fmt.Println(counter.Load())
	// Output:
	// 1 <nil>
	// 2.5
	// 2.5
}

type point struct{ X, Y, Z float64 }

type small struct {
	A uint8
	B uint32 // after three bytes of padding
}

type huge [1000]int64

func TestValueHoldsWhatItIsGiven(t *testing.T) {
	check(t, true)
	check(t, int8(-128))
	check(t, uint16(65535))
	check(t, int32(math.MinInt32))
	check(t, uint64(math.MaxUint64))
	check(t, -7)
	check(t, float32(0.1))
	check(t, 1e300)
	check(t, complex(1, -2))
	check(t, [3]byte{1, 2, 3})
	check(t, [11]byte{10: 7})
	check(t, small{1, 2})
	check(t, point{1, 2, 3})
	check(t, huge{0: 1, 999: 2})
	type named int16
	check(t, named(5))
}

func check[T comparable](t *testing.T, v T) {
	t.Run(fmt.Sprintf("%T", v), func(t *testing.T) {
		var zero T
		value := newValue(t, v)
		require.Equal(t, v, value.Load())
		require.Equal(t, v, value.Swap(zero))
		require.False(t, value.CompareAndSwap(v, zero))
		require.True(t, value.CompareAndSwap(zero, v))
		require.Equal(t, v, value.Load())
		value.Store(zero)
		got, err := value.Update(func(is T) T {
			require.Equal(t, zero, is)
			return v
		})
		require.NoError(t, err)
		require.Equal(t, v, got)
		require.Equal(t, v, value.Load())
	})
}

func TestValueRefusesWhatPoints(t *testing.T) {
	_, err := shared.NewValue("text")
	require.ErrorIs(t, err, shared.ErrType)
	require.ErrorContains(t, err, "string")
	type inner struct{ Names [2]*int }
	type outer struct {
		N  int
		In inner
	}
	_, err = shared.NewValue(outer{})
	require.ErrorIs(t, err, shared.ErrType)
	require.ErrorContains(t, err, "outer.In.Names[i] is a ptr")
	_, err = shared.NewValue(struct{}{})
	require.ErrorIs(t, err, shared.ErrType)
	_, err = shared.NewArray[[]int](3)
	require.ErrorIs(t, err, shared.ErrType)
}

func TestValueArithmetic(t *testing.T) {
	require.Equal(t, int8(-128), newValue(t, int8(127)).Add(1), "wraps around")
	require.Equal(t, uint16(65535), newValue(t, uint16(0)).Add(math.MaxUint16))
	require.InDelta(t, 0.3, newValue(t, 0.1).Add(0.2), 1e-9)
	require.Equal(t, complex(1, 1), newValue(t, complex(1, 0)).Add(1i))
	type celsius float32
	require.Equal(t, celsius(21), newValue(t, celsius(20)).Add(1))
	require.PanicsWithValue(t, "shared: Add on a *shared.Value[bool]: only numbers can be added; use Update",
		func() { newValue(t, true).Add(true) })
}

func TestValueComparesAsTheLanguageDoes(t *testing.T) {
	require.True(t, newValue(t, 0.0).CompareAndSwap(math.Copysign(0, -1), 1))
	require.False(t, newValue(t, math.NaN()).CompareAndSwap(math.NaN(), 1))
	require.True(t, newValue(t, point{X: 0}).CompareAndSwap(point{X: math.Copysign(0, -1)}, point{}))
}

func TestValueUpdate(t *testing.T) {
	t.Run("holds the lock", func(t *testing.T) {
		v := newValue(t, 1)
		_, err := v.Update(func(n int) int {
			ok, err := v.Mutex().TryLock()
			require.NoError(t, err)
			require.False(t, ok)
			return n
		})
		require.NoError(t, err)
		require.ErrorIs(t, v.Mutex().Unlock(), shared.ErrNotLocked)
	})
	t.Run("does not lose what the atomic methods do meanwhile", func(t *testing.T) {
		v, w := newValue(t, 1), newValue(t, point{X: 1})
		_, err := v.Update(func(n int) int {
			if n == 1 {
				v.Add(10)
			}
			return n + 100
		})
		require.NoError(t, err)
		require.Equal(t, 111, v.Load())
		_, err = w.Update(func(p point) point {
			if p.X == 1 {
				w.Store(point{X: 11})
			}
			p.X += 100
			return p
		})
		require.NoError(t, err)
		require.Equal(t, point{X: 111}, w.Load())
	})
	t.Run("a panic changes nothing and releases the lock", func(t *testing.T) {
		v := newValue(t, 1)
		require.PanicsWithValue(t, "oh", func() { _, _ = v.Update(func(int) int { panic("oh") }) })
		require.Equal(t, 1, v.Load())
		_, err := v.Update(func(n int) int { return n + 1 })
		require.NoError(t, err)
	})
	t.Run("gives up with its context", func(t *testing.T) {
		v := newValue(t, 1)
		require.NoError(t, v.Mutex().Lock(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := v.UpdateContext(ctx, func(n int) int { t.Error("ran"); return n })
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, v.Mutex().Unlock())
	})
	t.Run("the classic of Python works", func(t *testing.T) {
		v := newValue(t, point{})
		require.NoError(t, v.Mutex().Do(t.Context(), func() error {
			p := v.Load()
			p.X++
			v.Store(p)
			return nil
		}))
		require.Equal(t, point{X: 1}, v.Load())
	})
}

func TestValueClosed(t *testing.T) {
	v := newValue(t, 1.5)
	require.NoError(t, v.Close())
	require.NoError(t, v.Close())
	for _, use := range []func(){
		func() { v.Load() },
		func() { v.Store(1) },
		func() { v.Add(1) },
		func() { v.CompareAndSwap(1, 2) },
	} {
		require.PanicsWithValue(t, shared.ErrClosed, use)
	}
	_, err := v.Update(func(v float64) float64 { return v })
	require.ErrorIs(t, err, shared.ErrClosed)
	_, err = v.MarshalBinary()
	require.ErrorIs(t, err, shared.ErrClosed)
}

// Close in the middle of everything else must end in ErrClosed, never in a fault.
func TestValueClosedWhileInUse(t *testing.T) {
	for range 20 {
		v := newValue(t, point{})
		a, err := shared.NewArray[int64](5000)
		require.NoError(t, err)
		var wg sync.WaitGroup
		use := func(fn func()) {
			wg.Go(func() {
				defer func() {
					if r := recover(); r != nil && r != any(shared.ErrClosed) {
						panic(r)
					}
				}()
				for range 3000 {
					fn()
				}
			})
		}
		use(func() { v.Load() })
		use(func() { v.Store(point{1, 2, 3}) })
		use(func() { _, _ = v.Update(func(p point) point { return p }) })
		use(func() { a.Set(4998, a.Get(0)) })
		s := a.Slice()
		use(func() { _ = s[4999] })
		require.NoError(t, v.Close())
		require.NoError(t, a.Close())
		wg.Wait()
	}
}

var valueAdder = helper("value adder", func(c *child) {
	times, err := strconv.Atoi(c.args[0])
	must(err)
	var locked, free shared.Value[float64]
	var wide shared.Value[point]
	c.decode(&locked, &free, &wide)
	c.say("ready")
	c.hear()
	add(&locked, &free, &wide, times)
	c.say("done")
})

func add(locked, free *shared.Value[float64], wide *shared.Value[point], times int) {
	for range times {
		_, err := locked.Update(func(v float64) float64 { return v + 1 })
		must(err)
		free.Add(1)
		_, err = wide.Update(func(p point) point { return point{p.X + 1, p.Y + 1, p.Z + 1} })
		must(err)
		if p := wide.Load(); p.X != p.Y || p.Y != p.Z {
			must(fmt.Errorf("torn: %v", p))
		}
	}
}

func TestValueAcrossProcesses(t *testing.T) {
	const times, processes = 3000, 3
	locked, free, wide := newValue(t, 0.0), newValue(t, 0.0), newValue(t, point{})
	var ps []*process
	for range processes {
		ps = append(ps, start(t, valueAdder, []string{strconv.Itoa(times)}, locked, free, wide))
	}
	for _, p := range ps {
		p.expect("ready")
	}
	for _, p := range ps {
		p.tell("go")
	}
	add(locked, free, wide, times)
	for _, p := range ps {
		p.expect("done")
		p.wait()
	}
	const want = times * (processes + 1)
	require.EqualValues(t, want, locked.Load())
	require.EqualValues(t, want, free.Load())
	require.Equal(t, point{want, want, want}, wide.Load())
}

var valueHolder = helper("value holder", func(c *child) {
	var v shared.Value[point]
	c.decode(&v)
	_, err := v.Update(func(p point) point {
		c.say("inside")
		c.hear()
		return p
	})
	must(err)
})

func TestValueUpdateAfterItsHolderDied(t *testing.T) {
	v := newValue(t, point{1, 2, 3})
	p := start(t, valueHolder, nil, v)
	p.expect("inside")
	require.Equal(t, point{1, 2, 3}, v.Load(), "Load does not wait for the lock")
	p.kill()
	got, err := v.Update(func(p point) point { p.X++; return p })
	require.NoError(t, err)
	require.Equal(t, point{2, 2, 3}, got)
	require.ErrorIs(t, v.Mutex().Lock(t.Context()), shared.ErrOwnerDied, "kept for those who asked for the lock")
	require.NoError(t, v.Mutex().Consistent())
	require.NoError(t, v.Mutex().Unlock())
}

func TestHandles(t *testing.T) {
	t.Run("a handle that comes home is the same memory and the same lock", func(t *testing.T) {
		v := newValue(t, 1)
		b, err := v.MarshalBinary()
		require.NoError(t, err)
		var same shared.Value[int]
		require.NoError(t, same.UnmarshalBinary(b))
		same.Store(2)
		require.Equal(t, 2, v.Load())
		require.NoError(t, v.Mutex().Lock(t.Context()))
		ok, err := same.Mutex().TryLock()
		require.NoError(t, err)
		require.False(t, ok)
		require.NoError(t, v.Mutex().Unlock())
		require.NoError(t, v.Close())
		require.Equal(t, 2, same.Load(), "closing one handle leaves the other")
		require.NoError(t, same.Close())
	})
	t.Run("another type is refused", func(t *testing.T) {
		v := newValue(t, 1)
		b, err := v.MarshalBinary()
		require.NoError(t, err)
		require.ErrorIs(t, new(shared.Value[uint]).UnmarshalBinary(b), shared.ErrType)
		require.ErrorIs(t, new(shared.Array[int]).UnmarshalBinary(b), shared.ErrType)
		var m shared.Mutex
		require.NoError(t, m.UnmarshalBinary(b), "but its lock is a lock")
		require.NoError(t, m.Close())
	})
	t.Run("of a closed object it cannot be used any more", func(t *testing.T) {
		v := newValue(t, 1)
		b, err := v.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, v.Close())
		require.ErrorContains(t, new(shared.Value[int]).UnmarshalBinary(b), "not connected")
		handoff.AddPeer(handoff.Self, func(id handoff.ID) (*os.File, error) {
			_, _, err := handoff.Open(id)
			return nil, err
		})
		defer handoff.RemovePeer(handoff.Self)
		require.ErrorIs(t, new(shared.Value[int]).UnmarshalBinary(b), handoff.ErrGone)
	})
	t.Run("a decoded handle can be decoded into again", func(t *testing.T) {
		a, b := newValue(t, 1), newValue(t, 2)
		var v shared.Value[int]
		for _, from := range []*shared.Value[int]{a, b, b, a} {
			encoded, err := from.MarshalBinary()
			require.NoError(t, err)
			require.NoError(t, v.UnmarshalBinary(encoded))
			require.Equal(t, from.Load(), v.Load())
		}
		require.NoError(t, v.Close())
	})
}

// A value with its lock behaves as a variable and a bool do.
func TestValueModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, err := shared.NewValue(int16(0))
		require.NoError(t, err)
		defer v.Close()
		var is int16
		var locked bool
		number := rapid.Int16()
		t.Repeat(map[string]func(*rapid.T){
			"store": func(t *rapid.T) { is = number.Draw(t, "n"); v.Store(is) },
			"swap": func(t *rapid.T) {
				n := number.Draw(t, "n")
				require.Equal(t, is, v.Swap(n))
				is = n
			},
			"add": func(t *rapid.T) {
				n := number.Draw(t, "n")
				is += n
				require.Equal(t, is, v.Add(n))
			},
			"cas": func(t *rapid.T) {
				old, n := rapid.OneOf(number, rapid.Just(is)).Draw(t, "old"), number.Draw(t, "new")
				require.Equal(t, is == old, v.CompareAndSwap(old, n))
				if is == old {
					is = n
				}
			},
			"update": func(t *rapid.T) {
				if locked {
					t.Skip("would wait for ever")
				}
				got, err := v.Update(func(n int16) int16 { return n / 2 })
				require.NoError(t, err)
				is /= 2
				require.Equal(t, is, got)
			},
			"trylock": func(t *rapid.T) {
				ok, err := v.Mutex().TryLock()
				require.NoError(t, err)
				require.Equal(t, !locked, ok)
				locked = true
			},
			"unlock": func(t *rapid.T) {
				err := v.Mutex().Unlock()
				require.Equal(t, locked, err == nil)
				locked = false
			},
			"": func(t *rapid.T) { require.Equal(t, is, v.Load()) },
		})
		_ = v.Mutex().Unlock()
	})
}
