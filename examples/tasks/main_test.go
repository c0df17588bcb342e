package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each language has its own way to print a list.
func TestPrintsTwoCups(t *testing.T) {
	want := map[string]string{"Go": "[a cup a cup]\n", "Python": "['a cup', 'a cup']\n"}
	for name, command := range exampletest.Commands(t, "") {
		require.Equal(t, want[name], exampletest.Prints(t, command), name)
	}
}
