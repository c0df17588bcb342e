package executor_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// atExit is run after all tests; each may complain about what they left behind.
var atExit []func() error

func TestMain(m *testing.M) {
	executor.Main()
	// One thread per process shows the others that it lives, until the process
	// ends.
	locks := goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread")
	goleak.VerifyTestMain(m, locks, goleak.Cleanup(func(code int) {
		for _, check := range atExit {
			if err := check(); err != nil {
				println("after the tests:", err.Error())
				code = max(code, 1)
			}
		}
		os.Exit(code)
	}))
}
