package proc

import (
	"sync/atomic"
	"unsafe"
)

// ClaimSlots is how many calls the two sides can have a say about at a time: a
// worker's calls are numbered from 1, and call n uses slot n modulo ClaimSlots.
const ClaimSlots = 256

const claimsSize = ClaimSlots * 8

// Claims decide, in shared memory, which side has a call that was sent ahead.
//
// The parent offers a call before it sends it. The worker takes it right before
// it runs it, the parent revokes it to run it elsewhere or not at all; both are a
// compare-and-swap from the same value, so exactly one of them succeeds, without
// a message and even if the other process is stopped. After the worker's death
// the word is the proof of whether the call ever began.
type Claims struct {
	slots []atomic.Uint64
}

// What a slot holds for call n: n<<2 and one of these.
const (
	offered = 1
	started = 2
	revoked = 3
)

func newClaims(b []byte) Claims {
	return Claims{unsafe.Slice((*atomic.Uint64)(unsafe.Pointer(&b[0])), ClaimSlots)}
}

func (c Claims) slot(id uint64) *atomic.Uint64 { return &c.slots[id%ClaimSlots] }

// Offer makes call id available to both sides. It is the parent's, before it
// sends the call.
func (c Claims) Offer(id uint64) { c.slot(id).Store(id<<2 | offered) }

// Take claims call id for the worker, which must run it if Take reports true and
// leave it alone otherwise.
func (c Claims) Take(id uint64) bool {
	return c.slot(id).CompareAndSwap(id<<2|offered, id<<2|started)
}

// Revoke takes call id back for the parent. It reports false if the worker has
// begun it. A worker cannot begin it afterwards.
func (c Claims) Revoke(id uint64) bool {
	return c.slot(id).CompareAndSwap(id<<2|offered, id<<2|revoked)
}

// Untouched reports whether call id is still on offer. A word that makes no
// sense counts as begun: a call is rather failed than run twice.
func (c Claims) Untouched(id uint64) bool { return c.slot(id).Load() == id<<2|offered }
