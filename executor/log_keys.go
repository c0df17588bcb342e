package executor

// The keys of the attributes of log records, those that pools write to their Logger and
// those that reach it from workers. They do not change within a major version.
const (
	KeyPool     = "pool"     // string: the name of the pool
	KeyWorker   = "worker"   // string: the name of the worker
	KeyPID      = "pid"      // int: the process id of the worker
	KeyFunction = "function" // string: the name of the call
	KeyJob      = "job"      // uint64: the number of the job, Job.ID
	KeyWaited   = "waited"   // time.Duration: from Submit to the start, or until now
	KeyRan      = "ran"      // time.Duration: from the start to the end
	KeyError    = "error"    // error or string: what went wrong
	KeyPanic    = "panic"    // any: what was given to panic
	KeyStack    = "stack"    // string: of the goroutine then
	KeyQueued   = "queued"   // int: jobs that wait
	KeyNext     = "next"     // string: the name of the call that waits longest
	KeyStarting = "starting" // int: workers that start
	KeyRunning  = "running"  // int: jobs that run
	KeyLongest  = "longest"  // string: the name of the call that runs longest, and for how long
	KeyCalls    = "calls"    // int: what a worker that is replaced has run
	KeyWriter   = "writer"   // string: the field of the config that is in trouble
	KeyTrouble  = "trouble"  // string: which
)
