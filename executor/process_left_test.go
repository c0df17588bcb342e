package executor_test

import (
	"os"

	"github.com/seed-1b9fde7b/asyncgo/internal/leftover"
)

var beforeTests = leftover.Watch()

func init() {
	atExit = append(atExit, beforeTests.Find, func() error { return os.RemoveAll(programs) })
}
