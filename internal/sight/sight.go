// Package sight is where the packages that have something to show say so, and where what
// shows it asks: package debugz does not import shared, and shared imports nothing that
// knows of loops and pools. It holds functions, and looks at nothing by itself.
package sight

import (
	"sync/atomic"
	"time"
)

// A Pool is what can be seen of a pool.
type Pool struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`            // process, thread, or the type of another executor
	State  string `json:"state,omitempty"` // open, closing or broken
	Broken string `json:"broken,omitempty"`

	MaxWorkers int `json:"max_workers"`
	Idle       int `json:"idle"`
	Waiting    int `json:"waiting"` // workers whose job waits for something
	Running    int `json:"running"`
	Queued     int `json:"queued"`
	WaitingFor int `json:"waiting_for_room"` // callers of Submit

	Completed uint64 `json:"completed"`
	Failed    uint64 `json:"failed"`
	Canceled  uint64 `json:"canceled"`
	Crashes   uint64 `json:"crashes"`
	Recycled  uint64 `json:"recycled"`

	Waited Histogram `json:"waited"` // from Submit to the start
	Ran    Histogram `json:"ran"`    // from the start to the end

	Workers []Worker `json:"workers"` // in start order
	Errors  []Error  `json:"errors"`  // the last ones of its calls and workers, the newest first
}

// A Worker is what can be seen of a worker.
type Worker struct {
	Name  string        `json:"name"`
	PID   int           `json:"pid,omitempty"` // of the process; 0 for a goroutine
	State string        `json:"state"`         // starting, initializing, idle, busy or leaving
	Call  string        `json:"call,omitempty"`
	For   time.Duration `json:"for_ns,omitempty"` // since the call began
	Ahead int           `json:"ahead,omitempty"`  // calls that were sent and have not begun
	Calls int           `json:"calls,omitempty"`  // that it has finished
	RSS   int64         `json:"rss,omitempty"`    // bytes; 0 if that is not known
	Age   time.Duration `json:"age_ns,omitempty"` // since the process was started
	ID    int64         `json:"goroutine,omitempty"`
}

// A Histogram counts durations: Buckets[i] those from 2^(i-1) ns to below 2^i ns.
type Histogram struct {
	Buckets []uint64      `json:"buckets"` // without the empty ones at the end
	Sum     time.Duration `json:"sum_ns"`
}

// An Error is one that a call or a worker ended with.
type Error struct {
	When time.Time `json:"when"`
	What string    `json:"what"` // the call or the worker
	Text string    `json:"text"`
}

// An Object is what can be seen of an object in shared memory that this process has open.
type Object struct {
	Kind   string `json:"kind"`
	ID     string `json:"id"`
	Len    uint64 `json:"len,omitempty"`    // number of elements
	Bytes  int    `json:"bytes"`            // of data
	Holder int    `json:"holder,omitempty"` // pid of the process that has its lock; 0 if it is free
	Wanted bool   `json:"wanted,omitempty"` // a process waits for its lock
	Died   int    `json:"died,omitempty"`   // pid of a holder that died, and what it left was not declared whole
}

var (
	pools   atomic.Pointer[func() []Pool]
	objects atomic.Pointer[func() []Object]
)

// SetPools says how to look at the pools of this process. Package executor calls it once.
func SetPools(look func() []Pool) { pools.Store(&look) }

// SetObjects says how to look at the objects in shared memory. Package shared calls it once.
func SetObjects(look func() []Object) { objects.Store(&look) }

// Pools returns what can be seen of the pools that are open, in the order of their names.
// A program that does not import package executor has none.
func Pools() []Pool { return call(&pools) }

// Objects returns what can be seen of the objects in shared memory. A program that does
// not import package shared has none.
func Objects() []Object { return call(&objects) }

func call[T any](look *atomic.Pointer[func() []T]) []T {
	if f := look.Load(); f != nil {
		return (*f)()
	}
	return nil
}
