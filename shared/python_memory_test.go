package shared_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/leftover"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

var pythonWriter = helper("python writer", func(c *child) {
	m := new(shared.Memory)
	if c.args[0] != "" {
		var err error
		m, err = shared.OpenMemory(c.args[0])
		must(err)
	} else {
		must(m.UnmarshalBinary([]byte(c.args[2])))
	}
	copy(m.Bytes(), c.args[1])
	must(m.Close())
})

var pythonLeaker = helper("python leaker", func(c *child) {
	before := leftover.Watch()
	m, err := shared.NewMemory(10)
	must(err)
	c.say("%q, names: %v", m.Name(), before.Names())
	c.hear()
})

func TestPythonSharedMemory(t *testing.T) {
	t.Run("test_shared_memory_name_with_embedded_null", func(t *testing.T) {
		name := freshName(t)
		createMemory(t, name, 512)
		_, err := shared.OpenMemory(name + "\x00a")
		require.ErrorIs(t, err, fs.ErrInvalid)
	})
	t.Run("test_shared_memory_basics", func(t *testing.T) {
		name := freshName(t)
		m := createMemory(t, name, 512)
		require.Equal(t, name, m.Name())
		require.GreaterOrEqual(t, m.Size(), 512)
		require.Len(t, m.Bytes(), m.Size())
		require.Contains(t, m.String(), name)
		require.Contains(t, m.String(), "512")
		m.Bytes()[0] = 42
		also, err := shared.OpenMemory("/" + name)
		closing(t, also, err)
		require.EqualValues(t, 42, also.Bytes()[0])
		requireSize(t, m.Size(), also.Size())
		_, err = shared.CreateMemory("", -2)
		require.ErrorIs(t, err, fs.ErrInvalid)
		_, err = shared.OpenMemory("")
		require.ErrorIs(t, err, fs.ErrInvalid)
		_, err = shared.CreateMemory(name, 512)
		require.ErrorIs(t, err, fs.ErrExist)
		_, err = shared.OpenMemory(name + "_notthere")
		require.ErrorIs(t, err, fs.ErrNotExist)

		uno := createMemory(t, name+"_dblunlink", 5000)
		duo, err := shared.OpenMemory(uno.Name())
		require.NoError(t, err)
		require.NoError(t, duo.Unlink())
		require.NoError(t, duo.Close())
		require.NoError(t, uno.Close())
		require.ErrorIs(t, uno.Unlink(), fs.ErrNotExist)
		require.Equal(t, "<Memory closed>", uno.String())
	})
	t.Run("test_shared_memory_recreate", func(t *testing.T) {
		one, two := createMemory(t, "", 1), createMemory(t, "", 1)
		require.NotEqual(t, one.Name(), two.Name())
	})
	t.Run("test_invalid_shared_memory_creation", func(t *testing.T) {
		for _, size := range []int{-1, 0} {
			_, err := shared.CreateMemory("", size)
			require.ErrorIs(t, err, fs.ErrInvalid)
			_, err = shared.NewMemory(size)
			require.ErrorIs(t, err, fs.ErrInvalid)
		}
	})
	t.Run("test_shared_memory_pickle_unpickle", func(t *testing.T) {
		m := createMemory(t, "", 512)
		copy(m.Bytes(), "pickle")
		b, err := m.MarshalBinary()
		require.NoError(t, err)
		var m2 shared.Memory
		require.NoError(t, m2.UnmarshalBinary(b))
		defer m2.Close()
		require.Equal(t, m.Name(), m2.Name())
		require.Equal(t, "pickle", string(m2.Bytes()[:6]))
		copy(m.Bytes(), "newval")
		require.Equal(t, "newval", string(m2.Bytes()[:6]))
		copy(m2.Bytes(), "oldval")
		require.Equal(t, "oldval", string(m.Bytes()[:6]))
	})
	t.Run("test_shared_memory_pickle_unpickle_dead_object", func(t *testing.T) {
		m := createMemory(t, "", 512)
		b, err := m.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, m.Unlink()) // on Windows the name goes with the last handle
		require.NoError(t, m.Close())
		require.ErrorIs(t, new(shared.Memory).UnmarshalBinary(b), fs.ErrNotExist)
	})
	t.Run("test_shared_memory_across_processes", func(t *testing.T) {
		m := createMemory(t, "", 512)
		start(t, pythonWriter, []string{m.Name(), "howdy"}).wait()
		require.Equal(t, "howdy", string(m.Bytes()[:5]))
		b, err := m.MarshalBinary()
		require.NoError(t, err)
		start(t, pythonWriter, []string{"", "HELLO", string(b)}).wait()
		require.Equal(t, "HELLO", string(m.Bytes()[:5]))
	})
	t.Run("test_shared_memory_ShareableList_basics", func(t *testing.T) {
		items := []any{"howdy", []byte("HoWdY"), -273.154, 100, nil, true, 42}
		l, err := shared.NewShareableList(items...)
		closing(t, l, err)
		require.Panics(t, func() { l.Get(7) })
		require.Panics(t, func() { _ = l.Set(7, 2) })
		require.NoError(t, l.Set(0, "howdy"))
		require.Equal(t, 7, l.Len())
		for i, item := range l.All() {
			require.Equal(t, items[i], item)
		}
		require.NoError(t, l.Set(3, 42))
		require.Equal(t, 42, l.Get(3))
		require.NoError(t, l.Set(4, "some"))
		require.Equal(t, "some", l.Get(4))
		err = l.Set(4, "far too many")
		require.ErrorIs(t, err, shared.ErrTooLarge)
		require.ErrorContains(t, err, "exceeds the available storage")
		require.Equal(t, "some", l.Get(4))
		require.NoError(t, l.Set(0, "encodés"), "exactly 8 bytes")
		require.Equal(t, "encodés", l.Get(0))
		require.Equal(t, []byte("HoWdY"), l.Get(1), "no spillage")
		require.ErrorIs(t, l.Set(0, "encodées"), shared.ErrTooLarge)
		require.ErrorIs(t, l.Set(1, []byte("123456789")), shared.ErrTooLarge)
		require.Equal(t, []byte("HoWdY"), l.Get(1))
		require.ErrorIs(t, l.Set(0, []int{1}), shared.ErrType)
		_, err = shared.NewShareableList(struct{}{})
		require.ErrorIs(t, err, shared.ErrType)

		empty, err := shared.NewShareableList()
		closing(t, empty, err)
		require.Zero(t, empty.Len())
		require.NoError(t, l.Close())
		require.ErrorIs(t, l.Set(0, 1), shared.ErrClosed)
		require.PanicsWithValue(t, shared.ErrClosed, func() { l.Get(0) })
	})
	t.Run("test_shared_memory_ShareableList_pickling", func(t *testing.T) {
		l, err := shared.NewShareableList(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		closing(t, l, err)
		b, err := l.MarshalBinary()
		require.NoError(t, err)
		var same shared.ShareableList
		require.NoError(t, same.UnmarshalBinary(b))
		defer same.Close()
		require.Equal(t, 9, same.Get(9))
		require.NoError(t, same.Set(4, "changed"))
		require.Equal(t, "changed", l.Get(4))
		require.NoError(t, l.Set(3, "newvalue"))
		require.Equal(t, "newvalue", same.Get(3))
		larger, err := shared.NewShareableList(make([]any, 400)...)
		closing(t, larger, err)
		b2, err := larger.MarshalBinary()
		require.NoError(t, err)
		require.Len(t, b2, len(b))
		require.ErrorIs(t, new(shared.Memory).UnmarshalBinary(append([]byte{0}, b...)), shared.ErrType)
	})
	t.Run("test_shared_memory_ShareableList_pickling_dead_object", func(t *testing.T) {
		l, err := shared.NewShareableList(1, 2)
		require.NoError(t, err)
		b, err := l.MarshalBinary()
		require.NoError(t, err)
		require.NoError(t, l.Close())
		require.Error(t, new(shared.ShareableList).UnmarshalBinary(b))
	})
	t.Run("test_shared_memory_cleaned_after_process_termination", func(t *testing.T) {
		// No tracker has to clean up what never had a name.
		p := start(t, pythonLeaker, nil)
		p.expect(`"", names: []`)
		p.kill()
	})
	t.Run("test_shared_memory_untracking", func(t *testing.T) {
		m := createMemory(t, "", 10)
		start(t, pythonWriter, []string{m.Name(), "x"}).wait()
		again, err := shared.OpenMemory(m.Name())
		closing(t, again, err)
		require.EqualValues(t, 'x', again.Bytes()[0], "the end of one who attached removes nothing")
	})
}
