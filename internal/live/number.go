//go:build (unix && (!linux || asyncgo_portable)) || windows

package live

import (
	"crypto/rand"
	"encoding/binary"
)

// headSize is what is written to the file. No process has its bytes.
const headSize = 64

// claim takes the byte of a random number.
func claim() (uint32, error) {
	for {
		var b [4]byte
		_, _ = rand.Read(b[:])
		id := binary.LittleEndian.Uint32(b[:]) & maxID
		if id < headSize {
			continue
		}
		if got, err := lockByte(id); got || err != nil {
			return id, err
		}
	}
}
