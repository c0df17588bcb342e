// Package child is the worker's side of a process pool: it serves the calls of
// the parent, one after the other, and knows nothing of pools and jobs. What it
// needs of the program, such as the registered functions, executor.Main hands it
// in a [Program].
//
//	parent ── ring of calls ────► server ──► Invoke ──► reply ─┐
//	       ◄─ ring of results ─────────────────────────────────┤
//	       ◄─► control socket ◄─► control: cancel, handles     │
//	       ◄─ ring of results ── Reporter, log ◄── the work ◄──┘
//
// Its watch of the parent begins when the package is initialized, so a process
// that never gets to [Serve] ends with its parent all the same.
package child

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/internal/proc"
)

// An Invoke runs one function with an encoded argument and gives reply the outcome,
// exactly once. The argument is the function's to keep if owned is true, and is
// valid until Invoke returns otherwise.
type Invoke = func(ctx context.Context, arg []byte, owned bool, reply Reply)

// A Reply takes the encoded result of a function, in two parts if the second is the
// value itself, which then need not be copied. Both are valid until it returns.
type Reply = func(head, rest []byte, err error)

// A Program is what the server needs of the program that it is a part of.
type Program struct {
	// Lookup returns the function with a name, nil if there is none. It is
	// asked once for each name that there is.
	Lookup func(name string) Invoke

	// NotRegistered makes the error for a name that Lookup does not know.
	NotRegistered func(name string) error

	// WithWorker returns the context in which the calls run, which knows the
	// worker, and the worker's name.
	WithWorker func(ctx context.Context, pool string, number int) (_ context.Context, name string)

	// Finished is the cause with which the context of a call ends when the
	// call has returned.
	Finished error

	// ProgressKey is the context key of the call's [*Reporter].
	ProgressKey any

	// MayKeep reports whether the value of an encoded argument may be a part
	// of it, so that it is worth leaving the argument's memory to the work.
	MayKeep func(arg []byte) bool

	// MayRefer reports whether an encoded result may hold references to
	// objects of this process.
	MayRefer func(result []byte) bool

	// EncodeError encodes the error of a call. It cannot fail.
	EncodeError func(err error) []byte

	// EncodeRecord encodes a log record.
	EncodeRecord func(r *Record) ([]byte, error)
}

// Is reports whether this process is a worker.
func Is() bool { return proc.Parent() != nil }

// Serve runs the calls of the parent until there are no more, and ends the process.
// In a process that is no worker it returns at once.
func Serve(p *Program) {
	if in := proc.Parent(); in != nil {
		serve(in, inheritedControl, p)
	}
}
