package executor

import "runtime/trace"

// trace makes the job a task of the execution trace, from Submit to its end. What the
// worker does in between is in the trace of that process, as a task of the same name.
func (j *Job) trace() {
	ctx, task := trace.NewTask(j.parent, j.Name())
	trace.Logf(ctx, "executor", "job %d", j.ID())
	j.onEnd([]func(error){func(err error) {
		if err != nil {
			trace.Log(ctx, "error", message(err))
		}
		task.End()
	}})
}
