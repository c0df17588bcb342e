package loop

// The keys of the attributes of log records that a loop writes to its logger. They do not
// change within a major version.
const (
	KeyTask      = "task"      // string: the name of the task
	KeyFuture    = "future"    // string: describes the future
	KeyCallback  = "callback"  // string: the name of the callback
	KeyCreated   = "created"   // string: where the task or callback was made, in debug mode
	KeyError     = "error"     // error: what went wrong
	KeyPanic     = "panic"     // any: what was given to panic
	KeyStack     = "stack"     // string: of the goroutine then
	KeyDuration  = "duration"  // time.Duration: how long a slow callback took
	KeyGoroutine = "goroutine" // int64: the number of the goroutine that blocks the loop
)
