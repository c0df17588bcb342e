package proc

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

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

// newMemory makes a block without a name.
func newMemory() (*os.File, []byte, error) {
	fd, err := unix.MemfdCreate("asyncgo", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("proc: memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "asyncgo-channel")
	if err := unix.Ftruncate(fd, memorySize); err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("proc: size of the channel: %w", err)
	}
	// Sealed, so that a worker gone wild cannot shrink the block and have
	// the parent die of SIGBUS.
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("proc: seals of the channel: %w", err)
	}
	mem, err := mapMemory(fd)
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, mem, nil
}

func mapMemory(fd int) ([]byte, error) {
	mem, err := unix.Mmap(fd, 0, memorySize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("proc: mmap of the channel: %w", err)
	}
	return mem, nil
}

// channel lays the transport over the memory, from the parent's side or the
// worker's.
func channel(mem []byte, parent bool) (*rings, Claims, error) {
	type place struct{ header, data []byte }
	var places [2]place
	for i := range places {
		h, d := headersAt+i*ring.HeaderSize, dataAt+i*ringSize
		places[i] = place{mem[h : h+ring.HeaderSize], mem[d : d+ringSize]}
	}
	out, in := places[0], places[1]
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
	return &rings{out: w, in: r}, newClaims(mem[:claimsSize]), nil
}
