package future

import (
	"errors"
	"fmt"

	"github.com/seed-1b9fde7b/asyncgo/internal/origin"
)

// A Promise is the write end of a [Future]. It is safe for use by any number of
// goroutines: the first outcome counts and the others are refused. It must not
// be copied after its first use.
type Promise[T any] struct {
	fut Future[T]
}

// New returns the promise of a free future: its callbacks run in the goroutine
// that settles it, and tasks of every loop may await it.
func New[T any]() *Promise[T] { return new(Promise[T]) }

// NewOn returns the promise of a future that belongs to home: its callbacks run
// there, and only tasks of that loop, or plain goroutines, may await it. It
// stands for loop.create_future().
func NewOn[T any](home Poster) *Promise[T] {
	p := new(Promise[T])
	p.fut.home = home
	if origin.Wanted() {
		p.fut.extra().site = origin.Here(0)
	}
	return p
}

// Resolved returns a free future that has its result already.
func Resolved[T any](v T) *Future[T] {
	p := New[T]()
	_ = p.SetResult(v)
	return p.Future()
}

// Failed returns a free future that has failed already with err. A cancellation
// makes it a canceled one.
func Failed[T any](err error) *Future[T] {
	p := New[T]()
	if IsCanceled(err) {
		_ = p.SetCanceled(err)
	} else {
		_ = p.SetError(err)
	}
	return p.Future()
}

// Future returns the read end.
func (p *Promise[T]) Future() *Future[T] { return &p.fut }

// SetRunning declares that the work has begun. It reports false if the future was
// canceled before, and the work must then be left alone. A second call reports false,
// too. It stands for set_running_or_notify_cancel().
func (p *Promise[T]) SetRunning() bool { return p.fut.setRunning() }

// SetResult settles the future with v. If it is settled already, SetResult
// changes nothing and returns an error that wraps [ErrInvalidState].
func (p *Promise[T]) SetResult(v T) error { return p.refused(p.Settle(v, nil)) }

// SetError settles the future with err, which must not be nil. If it is settled
// already, SetError changes nothing and returns an error that wraps
// [ErrInvalidState]. It stands for set_exception().
func (p *Promise[T]) SetError(err error) error {
	if err == nil {
		return errors.New("future: SetError takes an error, got nil: use SetResult")
	}
	var zero T
	return p.refused(p.Settle(zero, err))
}

// SetCanceled settles the future as canceled. The error is what awaiting it
// returns; if it is no cancellation itself it becomes the cause of one. If the
// future is settled already, SetCanceled changes nothing and returns an error
// that wraps [ErrInvalidState].
func (p *Promise[T]) SetCanceled(err error) error {
	return p.refused(p.fut.settle(StateCanceled, Canceled(err)))
}

// Settle settles the future with an outcome in Go's form: err if it is not nil, v
// otherwise. It reports whether this call was the one that settled it. A second call
// changes nothing and reports false.
func (p *Promise[T]) Settle(v T, err error) bool {
	f := &p.fut
	f.mu.Lock()
	if f.settled() {
		f.mu.Unlock()
		return false
	}
	if err == nil {
		f.val = v
	}
	f.settleLocked(StateFinished, err)
	return true
}

func (p *Promise[T]) refused(settled bool) error {
	if settled {
		return nil
	}
	return fmt.Errorf("%w: already %v", ErrInvalidState, p.fut.load())
}
