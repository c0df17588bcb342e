package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Python writes every float with a point.
func TestPrintsOne(t *testing.T) {
	want := map[string]string{"Go": "1\n", "Python": "1.0\n"}
	for name, command := range exampletest.Commands(t, "") {
		require.Equal(t, want[name], exampletest.Prints(t, command), name)
	}
}
