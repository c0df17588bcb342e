package sight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

func TestWhatIsNotThereHasNothingToShow(t *testing.T) {
	require.Empty(t, sight.Pools())
	require.Empty(t, sight.Objects())
	sight.SetPools(func() []sight.Pool { return []sight.Pool{{Name: "a"}} })
	sight.SetObjects(func() []sight.Object { return []sight.Object{{Kind: "Value"}} })
	require.Equal(t, "a", sight.Pools()[0].Name)
	require.Equal(t, "Value", sight.Objects()[0].Kind)
}
