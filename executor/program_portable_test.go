//go:build !linux || asyncgo_portable

package executor_test

// How the programs in testdata are built, and whether their workers are what runs rather
// than what its file has become.
const (
	programTags    = "asyncgo_portable"
	startsWhatRuns = false
)
