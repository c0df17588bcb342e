package natsexec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// Durable calls outlive their submitter. There is no process to ask whether they may run, so
// what is known of them is on the server: in the subject "ran" which node runs a call,
// in the subject "done" how it ended. Each is written only on top of what the writer has seen
// there, so that of two nodes one wins.

type idKey struct{}

// WithID returns a context for Submit that gives a durable call an id, by which [Result]
// finds it: up to 128 letters, digits, "-" and "_". The same id again, as long as the
// result is kept, is the same call: it is not run twice. Pools that are not durable do
// not look at it.
func WithID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, idKey{}, id)
}

// Result returns the outcome of a durable call with that id, in any process that has a
// pool of the same Name, also after the submitter has gone, until Config.ResultTTL is
// over. It waits until the call has ended or ctx ends; in a task it suspends the task. R
// is the type of the function's result; another one is an *executor.DecodeError. An id
// that was never submitted is waited for, too.
func Result[R any](ctx context.Context, p *Pool, id string) (R, error) {
	var none R
	if !validToken(id) {
		return none, badID(id)
	}
	// A job that nothing runs: what it brings is the way from bytes to R.
	never := executor.Func(func(context.Context) (R, error) { return none, executor.ErrNoCall })
	f, err := executor.Submit(ctx, fetcher{p, id}, never.Named("result of "+id))
	if err != nil {
		return none, err
	}
	v, err := f.Await(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("natsexec: no result of the durable call %q yet: %w", id, err)
	}
	return v, err
}

func badID(id string) error {
	return fmt.Errorf(`natsexec: %q cannot be the id of a call: use letters, digits, "-" and "_", %d at most`, id, maxID)
}

// A fetcher is an executor whose jobs have the outcome of a durable call.
type fetcher struct {
	p  *Pool
	id string
}

func (f fetcher) Shutdown(context.Context) error { return nil }

func (f fetcher) Execute(_ context.Context, job *executor.Job) error {
	if !job.Start() {
		return nil
	}
	go func() {
		ctx, pause := job.Context(), 10*time.Millisecond
		for ctx.Err() == nil {
			r, err := f.p.ended(ctx, f.id)
			if err == nil {
				f.p.outcome(job, r)
				return
			}
			if !errors.Is(err, jetstream.ErrMsgNotFound) && !transient(err) {
				job.Fail(err)
				return
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			case <-f.p.stop:
				job.Fail(executor.ErrShutdown)
				return
			}
			pause = min(2*pause, time.Second)
		}
		job.Fail(context.Cause(ctx))
	}()
	return nil
}

// outcome settles a job with a result that was stored.
func (p *Pool) outcome(job *executor.Job, r *resultMsg) {
	body, err := r.Body, error(nil)
	if r.Object != "" {
		body, err = p.getBlob(job.Context(), r.Object)
	}
	switch {
	case err != nil:
		job.Fail(err)
	case r.Kind == kindResult:
		_ = job.Resolve(body) // the error is the future's
	default:
		job.Fail(r.failure(body))
	}
}

// failure returns the error that a result is.
func (r *resultMsg) failure(body []byte) error {
	if r.Kind != kindCrash {
		return executor.DecodeRemoteError(body)
	}
	crash := r.Crash.err(r.Crash.Node)
	if r.Attempts > 1 {
		return &executor.PoisonError{Function: crash.Function, Attempts: r.Attempts, Err: crash}
	}
	return crash
}

// ended returns how a durable call ended; jetstream.ErrMsgNotFound if it has not.
func (l *link) ended(ctx context.Context, id string) (*resultMsg, error) {
	m, err := l.finished.GetLastMsgForSubject(ctx, l.cfg.subject("done."+id))
	if err != nil {
		return nil, err
	}
	r := new(resultMsg)
	return r, decode(m.Data, r)
}

// store says how a durable call ended, if nothing has been said yet.
func (l *link) store(ctx context.Context, id string, r *resultMsg) (first bool, err error) {
	_, err = l.js.Publish(ctx, l.cfg.subject("done."+id), encode(r), jetstream.WithExpectLastSequencePerSubject(0))
	if overtaken(err) {
		return false, nil
	}
	return err == nil, err
}

// overtaken reports whether another process was there first.
func overtaken(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence
}

// transient reports whether err may be over when the server is back.
func transient(err error) bool {
	var api *jetstream.APIError
	return !errors.As(err, &api) && !errors.Is(err, errGarbage)
}
