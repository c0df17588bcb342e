package future

// The keys of the attributes of log records, which tell of callbacks that panicked. They
// do not change within a major version.
const (
	KeyPanic = "panic" // any: what was given to panic
	KeyStack = "stack" // string: of the goroutine then
)
