package proc

import (
	"io"

	"github.com/seed-1b9fde7b/asyncgo/internal/ring"
)

// The block of memory:
//
//	0                claims
//	headersAt        header of the ring of calls, header of the ring of results
//	dataAt           ring of calls, ring of results
//
// Pages are taken from the system when they are first written, so a worker that
// gets short calls uses a part of it only after a megabyte of them.
const (
	headersAt  = claimsSize
	dataAt     = 8192
	ringSize   = 1 << 20
	memorySize = dataAt + 2*ringSize
)

// channel lays the transport over the memory, from the parent's side or the
// worker's.
func channel(mem []byte, parent bool, bell bellPair) (*rings, Claims, error) {
	type place struct {
		header, data []byte
		bell         ring.Bell
	}
	at := func(i int, bell ring.Bell) place {
		h, d := headersAt+i*ring.HeaderSize, dataAt+i*ringSize
		return place{mem[h : h+ring.HeaderSize], mem[d : d+ringSize], bell}
	}
	out, in := at(0, bell.calls), at(1, bell.results)
	if !parent {
		out, in = in, out
	}
	w, err := ring.NewWriter(out.header, out.data)
	if err != nil {
		return nil, Claims{}, err
	}
	r, err := ring.NewReader(in.header, in.data)
	if err != nil {
		return nil, Claims{}, err
	}
	w.SetBell(out.bell)
	r.SetBell(in.bell)
	return &rings{out: w, in: r}, newClaims(mem[:claimsSize]), nil
}

// close closes the bells that there are.
func (b bellPair) close() {
	for _, bell := range []ring.Bell{b.calls, b.results} {
		if c, ok := bell.(io.Closer); ok {
			_ = c.Close()
		}
	}
}
