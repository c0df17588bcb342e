// Package handoff lets a value that stands for a kernel object, such as a block
// of shared memory, travel between processes as an ordinary encoded argument.
//
// The encoded form is a Ref: an id of the object and the process that
// sent it. A process that decodes a Ref of an object that it does not have yet asks the
// sender for the file descriptor, over the control socket that connects the two
// processes. Pulling at the first use keeps descriptors out of the data path:
// the hundredth call with the same handle costs a few bytes.
//
// To encode a handle keeps nothing alive. The sender of the encoded value holds what
// it refers to with Hold, until the receiver has decoded it or never will.
package handoff

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// An ID names an object among all processes of one tree. It is random, so it
// cannot be guessed or met again.
type ID [16]byte

// NewID returns a fresh ID.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // never fails since Go 1.24: it aborts the program instead
	return id
}

// A Ref is what crosses the boundary for a handle.
type Ref struct {
	Ticket uint32 // what else is to be held while the reference is on its way; 0 if nothing is
	Object ID     // what is meant
	Sender ID     // the process to ask for it
}

// The binary form of a Ref: ticket, object, sender.
const (
	// RefSize is the length of a Ref's binary form.
	RefSize   = offSender + 16
	offObject = 4
	offSender = offObject + 16
)

// encoded counts the references that this process has encoded.
var encoded atomic.Uint64

// Append appends r's binary form to b.
func (r Ref) Append(b []byte) []byte {
	encoded.Add(1)
	b = binary.LittleEndian.AppendUint32(b, r.Ticket)
	return append(append(b, r.Object[:]...), r.Sender[:]...)
}

// ParseRef reads a Ref from the start of b.
func ParseRef(b []byte) (Ref, error) {
	var r Ref
	if len(b) < RefSize {
		return r, fmt.Errorf("handoff: a reference takes %d bytes, got %d", RefSize, len(b))
	}
	r.Ticket = binary.LittleEndian.Uint32(b)
	copy(r.Object[:], b[offObject:])
	copy(r.Sender[:], b[offSender:])
	return r, nil
}

// String returns a short form for messages.
func (id ID) String() string { return fmt.Sprintf("%08x", binary.BigEndian.Uint32(id[:])) }

// Self is the id of this process.
var Self = NewID()

// ErrGone is returned for an object that its sender has closed.
var ErrGone = errors.New("handoff: the object is closed in the process that sent it")

// A Fetcher asks another process for an object's descriptor. It may block for
// one round trip; it returns an error that wraps ErrGone when the object is gone there.
// The caller owns the returned file.
type Fetcher func(ID) (*os.File, error)

// An Opener hands out the descriptor of an object that this process holds. The
// receiver duplicates it before it returns to its caller.
type Opener func(ID) (fd uintptr, release func(), err error)

var (
	mu     sync.Mutex
	peers  = map[ID]Fetcher{} // guarded by mu
	opener Opener             // guarded by mu; set once by the package that owns the objects
	keeper Keeper             // the same
)

// AddPeer makes fetch the way to reach the process id, until RemovePeer.
func AddPeer(id ID, fetch Fetcher) {
	mu.Lock()
	defer mu.Unlock()
	peers[id] = fetch
}

// RemovePeer forgets the process id.
func RemovePeer(id ID) {
	mu.Lock()
	defer mu.Unlock()
	delete(peers, id)
}

// Fetch gets the descriptor of r's object from the process that sent r.
func Fetch(r Ref) (*os.File, error) {
	mu.Lock()
	fetch := peers[r.Sender]
	mu.Unlock()
	if fetch == nil {
		return nil, fmt.Errorf("handoff: object %v came from process %v, which is not connected to this one: send handles only through a pool", r.Object, r.Sender)
	}
	return fetch(r.Object)
}

// SetOpener installs the function that finds objects of this process.
func SetOpener(o Opener) {
	mu.Lock()
	defer mu.Unlock()
	opener = o
}

// Open finds an object of this process for a peer that asks for it. The
// descriptor is valid until release is called.
func Open(id ID) (fd uintptr, release func(), err error) {
	mu.Lock()
	o := opener
	mu.Unlock()
	if o == nil {
		return 0, nil, ErrGone
	}
	return o(id)
}
