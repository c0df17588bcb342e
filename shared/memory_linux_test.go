package shared_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func TestAFileThatIsNoMemoryIsRefused(t *testing.T) {
	name := freshName(t)
	require.NoError(t, os.WriteFile("/dev/shm/"+name, nil, 0o600))
	defer os.Remove("/dev/shm/" + name)
	_, err := shared.OpenMemory(name)
	require.ErrorContains(t, err, "0 bytes")
}

// Named memory is for its user only, and its name comes when it is complete.
func TestNamedMemoryIsAFileOfItsUser(t *testing.T) {
	m := createMemory(t, freshName(t), 5000)
	info, err := os.Stat("/dev/shm/" + m.Name())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.EqualValues(t, 5000, info.Size())
}
