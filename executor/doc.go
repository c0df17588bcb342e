// Package executor runs calls on pools of workers and returns futures for their
// results.
package executor
