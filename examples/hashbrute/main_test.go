package main_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFindsTheWordAsPythonDoes(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		for _, word := range []string{"aaa", "mid", "zzz"} {
			hash := fmt.Sprintf("%x", sha256.Sum256([]byte(word)))
			require.Equal(t, word+"\n", exampletest.Prints(t, command, "--workers=2", "--length=3", hash), name)
		}
		other := fmt.Sprintf("%x", sha256.Sum256([]byte("four")))
		stdout, stderr, code := exampletest.Run(t, command, "--workers=2", "--length=3", other)
		require.Equal(t, 1, code, name)
		require.Empty(t, stdout, name)
		require.Equal(t, "no such word\n", stderr, name)
	}
}
