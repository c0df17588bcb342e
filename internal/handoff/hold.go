package handoff

import (
	"bytes"
	"sync"
)

// A Keeper keeps an object of this process alive, with what its ticket stands for,
// until release is called. It returns nil if the object is gone.
type Keeper func(object ID, ticket uint32) (release func())

// SetKeeper installs the function that keeps objects of this process.
func SetKeeper(k Keeper) {
	mu.Lock()
	defer mu.Unlock()
	keeper = k
}

// Encoded returns how many references this process has encoded so far. If it is
// the same before and after a value was encoded, there is nothing to hold: this
// saves the search.
func Encoded() uint64 { return encoded.Load() }

// A Held keeps the objects alive to which an encoded value refers. A nil Held keeps
// none.
type Held struct {
	once    sync.Once
	release []func()
}

// Hold keeps the objects alive to which b, encoded in this process, refers. It
// returns nil if there are none. What b refers to must still be reachable.
//
// A value tells by its bytes: a reference contains the id of the process that
// encoded it, which is random, so that nothing else looks like it.
func Hold(b []byte) *Held {
	var h *Held
	for at := offSender; at+len(Self) <= len(b); {
		i := bytes.Index(b[at:], Self[:])
		if i < 0 {
			break
		}
		at += i
		if release := keep(b[at-offSender:]); release != nil {
			if h == nil {
				h = new(Held)
			}
			h.release = append(h.release, release)
		}
		at += RefSize
	}
	return h
}

func keep(b []byte) (release func()) {
	ref, err := ParseRef(b)
	mu.Lock()
	k := keeper
	mu.Unlock()
	if err != nil || k == nil {
		return nil
	}
	return k(ref.Object, ref.Ticket)
}

// Release lets go of the objects. A second call does nothing.
func (h *Held) Release() {
	if h == nil {
		return
	}
	h.once.Do(func() {
		for _, release := range h.release {
			release()
		}
		h.release = nil
	})
}
