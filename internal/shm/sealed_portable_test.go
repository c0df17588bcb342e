//go:build linux && asyncgo_portable

package shm_test

// Nothing can keep a temporary file from shrinking; this one has no header either.
const notSealed = "no asyncgo header"
