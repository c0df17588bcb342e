package shared_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

// createMemory makes named memory that is gone after the test.
func createMemory(t testing.TB, name string, size int) *shared.Memory {
	t.Helper()
	m, err := shared.CreateMemory(name, size)
	closing(t, m, err)
	t.Cleanup(func() { _ = m.Unlink() })
	return m
}

// freshName returns a name that is not in use.
func freshName(t testing.TB) string {
	return fmt.Sprintf("asyncgo_test_%d_%s", os.Getpid(), filepath.Base(t.Name()))
}

// requireSize compares the size of memory that was opened with that of the one that was
// made.
func requireSize(t testing.TB, made, opened int) {
	t.Helper()
	if opensWholePages {
		page := os.Getpagesize()
		made = (made + page - 1) / page * page
	}
	require.Equal(t, made, opened)
}

func ExampleMemory() {
	m, err := shared.CreateMemory("", 16)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	defer func() { _ = m.Unlink() }()

	same, err := shared.OpenMemory(m.Name())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer same.Close()
	copy(m.Bytes(), "hello")
	fmt.Println(string(same.Bytes()[:5]), m.Size())
	// Output:
	// hello 16
}

func TestMemoryWithoutAName(t *testing.T) {
	m, err := shared.NewMemory(5000)
	closing(t, m, err)
	require.Equal(t, make([]byte, 5000), m.Bytes())
	require.Empty(t, m.Name())
	require.ErrorIs(t, m.Unlink(), fs.ErrInvalid)
	b := m.Bytes()
	encoded, err := m.MarshalBinary()
	require.NoError(t, err)
	var same shared.Memory
	require.NoError(t, same.UnmarshalBinary(encoded))
	same.Bytes()[4999] = 7
	require.EqualValues(t, 7, b[4999])
	require.NoError(t, m.Close())
	require.EqualValues(t, 7, b[4999], "another handle is open")
	require.PanicsWithValue(t, shared.ErrClosed, func() { m.Bytes() })
	require.PanicsWithValue(t, shared.ErrClosed, func() { m.Name() })
	require.NoError(t, same.Close())
	_, err = m.MarshalBinary()
	require.ErrorIs(t, err, shared.ErrClosed)
	t.Run("closed, its slice reads as zeros", func(t *testing.T) { require.Zero(t, b[4999]) })
}

func TestMemoryWithAName(t *testing.T) {
	t.Run("a slice outlives the handle", func(t *testing.T) {
		b := func() []byte {
			m, err := shared.CreateMemory("", 10)
			require.NoError(t, err)
			require.NoError(t, m.Unlink())
			return m.Bytes()
		}()
		for range 3 {
			runtime.GC()
		}
		b[9] = 1
		require.Len(t, b, 10)
	})
	t.Run("a decoded handle can change from one form to the other", func(t *testing.T) {
		named := createMemory(t, "", 10)
		plain, err := shared.NewMemory(20)
		closing(t, plain, err)
		var m shared.Memory
		for _, from := range []*shared.Memory{named, plain, plain, named, named} {
			b, err := from.MarshalBinary()
			require.NoError(t, err)
			require.NoError(t, m.UnmarshalBinary(b))
			if from == named {
				requireSize(t, from.Size(), m.Size())
			} else {
				require.Equal(t, from.Size(), m.Size())
			}
			require.Equal(t, from.Name(), m.Name())
		}
		require.NoError(t, m.Close())
	})
	t.Run("a name that cannot be made leaves nothing", func(t *testing.T) {
		m := createMemory(t, "", 10)
		_, err := shared.CreateMemory(m.Name(), 10)
		require.ErrorIs(t, err, fs.ErrExist)
		again, err := shared.OpenMemory(m.Name())
		closing(t, again, err)
		m.Bytes()[3] = 7
		require.EqualValues(t, 7, again.Bytes()[3])
	})
	t.Run("nonsense is no handle", func(t *testing.T) {
		var m shared.Memory
		for _, b := range []string{"", "\x00", "\x01", "\x01a/b", "\x02abc"} {
			require.Error(t, m.UnmarshalBinary([]byte(b)))
		}
	})
}
