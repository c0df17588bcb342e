package syncs_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/loop/internal/looptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type none = struct{}

type scene struct{ *looptest.Scene }

func onLoop(t *testing.T, main func(s *scene)) {
	t.Helper()
	looptest.OnLoop(t, func(s *looptest.Scene) { main(&scene{s}) })
}
