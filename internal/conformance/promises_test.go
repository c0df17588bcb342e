package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPromisesAreShown checks that the tests which docs/reference/promises.md
// names exist and skip nothing.
func TestPromisesAreShown(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "promises.md"))
	require.NoError(t, err)
	tests, _ := goTests(t)
	named := regexp.MustCompile("`([a-z/]+\\.Test\\w+)`").FindAllSubmatch(page, -1)
	require.Greater(t, len(named), 27, "one for each promise at least")
	for _, name := range named {
		skips, ok := tests[string(name[1])]
		require.True(t, ok, "%s does not exist", name[1])
		require.False(t, skips, "%s may skip", name[1])
	}
}
