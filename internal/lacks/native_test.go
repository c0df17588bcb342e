//go:build linux && asyncgo_lacks && !asyncgo_portable

package lacks

// The native backend needs no folder that can be written to.
const withoutFolder = ""
