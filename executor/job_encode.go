package executor

import (
	"runtime/trace"

	"github.com/seed-1b9fde7b/asyncgo/internal/handoff"
)

// encoded is the form in which a job travels.
type encoded struct {
	arg   []byte
	short [24]byte // room for arg: most are a number
}

// Encode returns what another process needs to run the job: the name of the
// registered function and the encoded argument. For a closure it returns an
// error that wraps [ErrClosure] and says what to do. The work is done once; for
// an executor that is an [Encoder], by Submit. It must not be called after Run.
func (j *Job) Encode() (function string, arg []byte, err error) {
	if e := j.encoded.Load(); e != nil {
		return j.function(), e.arg, nil
	}
	// Without the mutex: arguments have methods that are not ours.
	e, before := new(encoded), handoff.Encoded()
	e.arg, err = j.work.encode(e.short[:0])
	if err == nil && trace.IsEnabled() {
		j.trace()
	}
	if err == nil && carries.Load() {
		e.arg, err = j.carry(e.arg)
	}
	if err != nil {
		return "", nil, err
	}
	var held *handoff.Held
	if handoff.Encoded() != before {
		held = handoff.Hold(e.arg)
	}
	j.mu.Lock()
	if first := j.encoded.Load(); first != nil {
		e = first
	} else {
		j.encoded.Store(e)
		if held != nil && !j.ended() {
			j.lateLocked().held, held = held, nil
		}
	}
	j.mu.Unlock()
	held.Release()
	return j.function(), e.arg, nil
}

// function returns the name under which the work is registered.
func (j *Job) function() string {
	if l := j.late.Load(); l != nil && l.function != "" {
		return l.function
	}
	return j.name
}
