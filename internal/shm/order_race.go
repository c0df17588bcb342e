//go:build race

package shm

import "sync/atomic"

// The race detector sees no atomic operation in memory that is not Go's. So in programs that
// it watches each object has a word of Go's memory, over which it learns what happens before
// what within the process.
type order struct{ word atomic.Uint32 }

// Published says that what the goroutine has done happens before what others do that go on because
// of what it does next to the object.
func (o *order) Published() { o.word.Add(1) }

// Seen says that the goroutine goes on because of what others did to the object.
func (o *order) Seen() { o.word.Load() }
