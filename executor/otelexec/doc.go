// Package otelexec shows calls and pools of package executor to OpenTelemetry: spans that
// go on in worker processes, and metrics.
//
//	var _ = otelexec.Register(otelexec.Config{})
//
// It is a module of its own, so that only programs that use it depend on OpenTelemetry.
//
// # Spans
//
// [Register] gives each call to another process two spans with the name of the function:
// one of kind client in the process that submits it, from Submit to the outcome, and one
// of kind server in the worker, while the function runs. The first is a child of the span
// in the context of Submit, the second is a child of the first, and what the function
// begins with its context is a child of the second. Calls in pools of the same process
// have their context as it is, and get no spans.
//
// The names are those of the semantic conventions for remote procedure calls:
//
//	rpc.system.name       asyncgo
//	rpc.method            the name under which the function is registered
//	error.type            the type of the error, as in the worker, if there is one
//	process.pid           of the worker; server spans only
//	asyncgo.worker.name   of the worker; server spans only
//
// A worker is a process of its own: it needs a TracerProvider of its own, which the
// pool's initializer sets. A worker that is killed takes along what its processor has
// not exported yet; sdktrace.WithSyncer exports each span before the call is answered.
//
// # Metrics
//
// [NewProducer] makes the statistics of pools a source of the metrics of a reader. Each
// has the attribute asyncgo.pool.name:
//
//	asyncgo.pool.worker.max           the limit
//	asyncgo.pool.worker.count         workers that exist, by asyncgo.worker.state: idle, used
//	asyncgo.pool.active_jobs          jobs that have begun and not ended
//	asyncgo.pool.queued_jobs          jobs that were accepted and have not begun
//	asyncgo.pool.blocked_submitters   callers of Submit that wait for room in the queue
//	asyncgo.pool.jobs                 jobs that ended, by asyncgo.job.outcome: completed, failed, canceled
//	asyncgo.pool.job.wait_time        from Submit to the start, in seconds
//	asyncgo.pool.job.duration         from the start to the end, in seconds
//
// The last two are exponential histograms.
package otelexec
