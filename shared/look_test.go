//go:build linux || darwin || freebsd || netbsd || openbsd || windows

package shared_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func TestWhatObjectsShow(t *testing.T) {
	a, err := shared.NewArray[int32](100)
	require.NoError(t, err)
	m := a.Mutex()
	held := func() int {
		for _, o := range sight.Objects() {
			if o.Kind == "Array" && o.Len == 100 && o.Bytes == 400 {
				require.False(t, o.Wanted)
				require.Zero(t, o.Died)
				return o.Holder
			}
		}
		return -1
	}
	require.Zero(t, held())
	require.NoError(t, m.Lock(t.Context()))
	require.Equal(t, os.Getpid(), held())
	require.NoError(t, m.Unlock())
	require.Zero(t, held())
	require.NoError(t, a.Close())
	require.Equal(t, -1, held(), "what is closed is not shown")
}
