//go:build linux && race

package executor_test

func init() { promptly *= 10 }
