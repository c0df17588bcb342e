package child

import (
	"context"
	"runtime/pprof"
	"runtime/trace"

	"github.com/seed-1b9fde7b/asyncgo/internal/wire"
)

// observed reports whether anything looks at what this worker does: a profile
// whose labels the pool asked for, or an execution trace of this process. It is
// asked for every call.
func (s *server) observed() bool { return s.labels || trace.IsEnabled() }

// observe runs a call under observation. What it has begun it ends in deferred
// calls, because the work may end the goroutine.
func (s *server) observe(call wire.Call, owned bool) {
	ctx, function := context.Context(s.calling), call.Function
	if s.labels {
		ctx = pprof.WithLabels(ctx, pprof.Labels("executor", s.pool, "worker", s.worker, "function", function))
		pprof.SetGoroutineLabels(ctx)
		defer pprof.SetGoroutineLabels(context.Background())
	}
	if trace.IsEnabled() {
		var task *trace.Task
		ctx, task = trace.NewTask(ctx, function)
		defer task.End()
		trace.Log(ctx, "executor", s.worker)
		defer trace.StartRegion(ctx, function).End()
	}
	s.invoke(ctx, call.Arg, owned, s.replied)
}
