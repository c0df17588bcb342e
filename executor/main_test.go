package executor_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

func TestMain(m *testing.M) {
	executor.Main()
	goleak.VerifyTestMain(m)
}
