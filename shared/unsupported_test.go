//go:build !linux

package shared_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func TestNamedMemoryIsRefusedWhereThereIsNone(t *testing.T) {
	_, err := shared.CreateMemory("", 1)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = shared.OpenMemory("name")
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
