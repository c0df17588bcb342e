//go:build unix

package shared_test

import (
	"os"

	"github.com/seed-1b9fde7b/asyncgo/internal/live"
)

// A helper inherits the file of the tree before everything else.
const firstHandle = 4

func treeFiles() []*os.File {
	f, err := live.File()
	must(err)
	return []*os.File{f}
}

func adoptTree() { live.Adopt(3) }
