//go:build !asyncgo_portable

package shm_test

// What is said of a file that a process can shrink.
const notSealed = "not sealed"
