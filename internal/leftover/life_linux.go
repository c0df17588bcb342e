//go:build !asyncgo_portable

package leftover

func forLife() {}
