package loop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// Timeout runs body in the calling task and stops it once d has passed: body's
// context is done then, and every wait with it returns a cancellation, as if the task
// had been canceled; see [Task.CancelCause]. body may clean up with
// context.WithoutCancel, or go on with [Resume]. When it has returned a cancellation
// Timeout returns a [*future.TimeoutError], in which errors.Is finds [ErrTimeout]
// and [context.DeadlineExceeded].
//
// A result or another error of body is returned as it is, even after the deadline.
// If the task was canceled besides, by [Task.Cancel] or by what is around this
// Timeout, that wins and the cancellation is returned. Zero and a negative d mean
// the loop's next iteration; a body that does not await until then is not stopped.
//
// body's context ends in any case when body has returned, so work handed elsewhere
// with it stops. Tasks made with it do not, as in asyncio. The contexts around it,
// and waits with them afterwards, are not affected; but the wait in which body is at
// the deadline is interrupted even if it was given one of those.
//
// Outside a task it returns [ErrNoTask] without calling body. A panic of body
// passes through. Timeouts and task groups nest.
//
// It stands for asyncio.timeout; to move the deadline use [NewTimeout].
func Timeout(ctx context.Context, d time.Duration, body func(context.Context) error) error {
	return NewTimeout(d).Do(ctx, body)
}

// TimeoutAt is [Timeout] with a point in time; the zero time means no deadline. It
// stands for asyncio.timeout_at.
func TimeoutAt(ctx context.Context, when time.Time, body func(context.Context) error) error {
	return NewTimeoutAt(when).Do(ctx, body)
}

// A TimeoutScope is a [Timeout] whose deadline can be asked for and moved. It is
// used for one body. It stands for asyncio.Timeout.
type TimeoutScope struct {
	scope scope
	timer interface{ Cancel() }

	mu    sync.Mutex // guards what follows, for readers in other goroutines
	state timeoutState
	when  time.Time
}

type timeoutState int

const (
	timeoutCreated  timeoutState = iota
	timeoutActive                // the body runs
	timeoutExpiring              // the body has been told and has not returned
	timeoutExpired               // the body has returned after that
	timeoutFinished              // the body has returned before
)

func (s timeoutState) String() string {
	return [...]string{"created", "active", "expiring", "expired", "finished"}[s]
}

// NewTimeout returns a timeout that ends d from now, for [TimeoutScope.Do].
func NewTimeout(d time.Duration) *TimeoutScope { return NewTimeoutAt(time.Now().Add(d)) }

// NewTimeoutAt returns a timeout that ends at the given time, or never if that is
// the zero time.
func NewTimeoutAt(when time.Time) *TimeoutScope { return &TimeoutScope{when: when} }

// Do runs body under the timeout; see [Timeout]. A second call returns
// [ErrScopeEntered].
func (s *TimeoutScope) Do(ctx context.Context, body func(context.Context) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned { // a panic or Goexit, which passes on
			_ = s.leave(nil)
		}
	}()
	err := body(&s.scope.ctx)
	returned = true
	return s.leave(err)
}

func (s *TimeoutScope) enter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != timeoutCreated {
		return fmt.Errorf("loop: Timeout: %w", ErrScopeEntered)
	}
	if err := s.scope.enter(ctx); err != nil {
		return fmt.Errorf("loop: Timeout: %w", err)
	}
	s.scope.ctx.limit = s
	s.state = timeoutActive
	return s.armLocked()
}

// armLocked schedules the deadline. The caller holds mu and is on the loop.
func (s *TimeoutScope) armLocked() (err error) {
	l := s.scope.ctx.t.l
	if s.timer != nil {
		s.timer.Cancel()
		s.timer = nil
	}
	switch {
	case s.when.IsZero():
	case !s.when.After(l.Time()):
		s.timer, err = l.CallSoon(s.expire)
	default:
		s.timer, err = l.CallAt(s.when, s.expire)
	}
	return err
}

func (s *TimeoutScope) expire() {
	s.mu.Lock()
	s.state = timeoutExpiring
	s.timer = nil
	s.mu.Unlock()
	s.scope.stop(&future.TimeoutError{}, errTimeoutEdge)
}

// errTimeoutEdge is the cause of the cancellation that body meets.
var errTimeoutEdge = errors.New("loop: the time of a timeout is over")

// leave ends the scope and turns its own cancellation into the timeout error.
func (s *TimeoutScope) leave(err error) error {
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Cancel()
		s.timer = nil
	}
	expiring := s.state == timeoutExpiring
	if expiring {
		s.state = timeoutExpired
	} else {
		s.state = timeoutFinished
	}
	s.mu.Unlock()
	s.scope.leave()
	if !expiring {
		return err
	}
	caused := s.scope.caused(err)
	alone := s.scope.settle()
	switch {
	case err == nil:
		return nil
	case alone && (caused || future.IsCanceled(err)):
		return &future.TimeoutError{Err: err}
	case caused && !future.IsCanceled(err):
		return future.Canceled(errTimeoutEdge)
	}
	return err
}

// When returns the deadline, the zero time if there is none. Any goroutine may
// call it.
func (s *TimeoutScope) When() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.when
}

// Expired reports whether the deadline has stopped the body: true from then on,
// whatever the body made of it. Any goroutine may call it.
func (s *TimeoutScope) Expired() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == timeoutExpiring || s.state == timeoutExpired
}

// Reschedule moves the deadline; the zero time takes it away, one that has passed
// stops the body in the loop's next iteration. It is for code on the loop.
//
// Unless the body runs and has not been stopped yet, nothing changes and the error
// wraps [ErrTimeoutState] and names the state.
func (s *TimeoutScope) Reschedule(when time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.state {
	case timeoutActive:
	case timeoutCreated:
		return fmt.Errorf("%w: it has not been entered", ErrTimeoutState)
	default:
		return fmt.Errorf("%w: it is %v", ErrTimeoutState, s.state)
	}
	if !s.scope.ctx.t.l.owned() {
		return fmt.Errorf("%w: called off the loop, use Loop.CallSoonThreadsafe", ErrTimeoutState)
	}
	s.when = when
	return s.armLocked()
}

// String describes the timeout for logs.
func (s *TimeoutScope) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state != timeoutActive:
		return fmt.Sprintf("<Timeout [%v]>", s.state)
	case s.when.IsZero():
		return "<Timeout [active] when=never>"
	}
	return fmt.Sprintf("<Timeout [active] when=%s>", s.when.Format(time.RFC3339Nano))
}
