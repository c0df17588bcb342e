package shared_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/leftover"
)

// TestMain turns the test binary into a helper process when a test started it as
// one. Otherwise it runs the tests and then looks for what they left behind.
func TestMain(m *testing.M) {
	if runHelper() {
		return
	}
	before := leftover.Watch()
	code := m.Run()
	if code == 0 {
		for _, problem := range []error{
			goleak.Find(goleak.IgnoreTopFunction("github.com/seed-1b9fde7b/asyncgo/internal/live.parkedThread")),
			unusedHelpers(),
			before.Find(),
		} {
			if problem != nil {
				fmt.Fprintln(os.Stderr, problem)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func unusedHelpers() error {
	if flag.Lookup("test.list").Value.String() != "" || flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" || testing.Short() {
		return nil
	}
	for name := range helpers {
		if strings.HasPrefix(name, "bench ") {
			continue
		}
		if _, ok := started.Load(name); !ok {
			return fmt.Errorf("no test starts the helper %q", name)
		}
	}
	return nil
}
