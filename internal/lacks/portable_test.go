//go:build linux && asyncgo_lacks && asyncgo_portable

package lacks

// The portable backend keeps memory in files.
const withoutFolder = noFolder
