//go:build windows

package shared_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/shared"
)

func TestUnsupported(t *testing.T) {
	_, err := shared.NewValue(1)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = shared.NewArray[int](1)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = shared.NewMutex()
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = shared.NewQueue[int](0)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = shared.CreateMemory("", 1)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
