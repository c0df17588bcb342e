package executor

import (
	"bytes"
	"context"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// This file is for executors that run calls on other machines: the other end of
// [Job.Encode] for a machine that has a pool of its own, and the way back.

// Encoded is the result of a call in the form in which it travels, and a report of
// its progress in that form: as the type of the result of [BindEncoded], and with
// [WithProgress]. [Job.Resolve] and [Job.Report] of another process take it.
type Encoded []byte

// BindEncoded makes a call of the registered function of that name with an encoded
// argument, as [Job.Encode] returned them in another process of the program. Its
// result is not decoded. Submitted to a [ProcessPool], it lets an executor for many
// machines run its calls where they can be canceled and may crash.
//
// The argument is copied when the call is submitted, and must not be changed before.
// An argument that cannot be decoded, and a name that is not registered, is the
// error of the call; see [Registered].
func BindEncoded(function string, arg []byte) Call[Encoded] {
	return Call[Encoded]{work: &encodedCall{function, arg}}
}

// Encode returns what another process needs to run the call, as [Job.Encode] does for a job:
// for executors whose workers elsewhere run an initializer. Each call encodes the argument
// anew. Handles of shared memory in it are held by no job, so they must stay open until they have
// been decoded. A closure gives [ErrClosure], the zero Call [ErrNoCall].
func (c Call[R]) Encode() (function string, arg []byte, err error) {
	if c.IsZero() {
		return "", nil, ErrNoCall
	}
	if arg, err = encodeCall(c.work, c.Name(), nil); err != nil {
		return "", nil, err
	}
	return c.work.function(), arg, nil
}

// Registered reports whether this program has registered a function of that name. The
// name may be that of a chunk of [Map]. The answer is the same each time once the
// program has begun.
func Registered(function string) bool {
	_, ok := lookup(function)
	return ok
}

type encodedCall struct {
	name string
	arg  []byte
}

func (c *encodedCall) run(ctx context.Context) (result Encoded, err error) {
	Invoke(ctx, c.name, c.arg, func(r []byte, e error) { result, err = bytes.Clone(r), e })
	return result, err
}

func (c *encodedCall) function() string { return c.name }

func (c *encodedCall) encode(to []byte) ([]byte, error) { return append(to, c.arg...), nil }

func (c *encodedCall) collect(int) collected[Encoded] { return nil }

// Report passes on what the job's work gave to [Progress], in the form that
// WithProgress of [Encoded] tells it elsewhere, to what listens. It calls the
// listener, in the calling goroutine. Each call is another report. After the job has
// ended it does nothing, so an executor that gives up the job's result and its reports
// in one order keeps the promise of [WithProgress]. The error says that the report
// could not be decoded.
func (j *Job) Report(report []byte) error {
	if j.ended() {
		return nil
	}
	if sink, ok := j.parent.Value(progressKey).(progressSink); ok {
		return sink.encoded(report)
	}
	return nil
}

// SharesMemory reports whether the job's encoded argument contains a handle of shared
// memory, which works in the processes of one machine only: an executor for several
// should refuse it. Encode must have been called before. The answer is the same each
// time while the job goes on; when the job is over it is false.
func (j *Job) SharesMemory() bool {
	e := j.encoded.Load()
	return e != nil && bytes.Contains(e.arg, handoff.Self[:])
}
