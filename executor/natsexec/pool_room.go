package natsexec

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// roomQueue holds the callers that wait for room, in the order of their arrival. The
// pool's mutex guards it.
type roomQueue []*roomWaiter

// A roomWaiter gets its place together with the admission of its call, so that no
// newcomer can overtake it.
type roomWaiter struct {
	call     *call
	turn     *future.Promise[executor.None]
	admitted bool
}

// hasRoomLocked reports whether one more call may be accepted.
func (p *Pool) hasRoomLocked() bool {
	return !p.full && (p.cfg.MaxPending == 0 || p.queued < p.cfg.MaxPending)
}

// admit accepts c, when there is room.
func (p *Pool) admit(ctx context.Context, c *call) error {
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return executor.ErrShutdown
	case len(p.room) == 0 && p.hasRoomLocked():
		p.admitLocked(c)
		p.mu.Unlock()
		return nil
	case !c.job.MayWait():
		p.mu.Unlock()
		return executor.ErrQueueFull
	}
	w := &roomWaiter{call: c, turn: future.New[executor.None]()}
	p.room = append(p.room, w)
	p.mu.Unlock()

	_, err := w.turn.Future().Await(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.admitted {
		return nil // whatever became of the wait
	}
	p.room = slices.DeleteFunc(p.room, func(other *roomWaiter) bool { return other == w })
	switch {
	case errors.Is(err, future.ErrWouldBlock):
		return fmt.Errorf("%w (%w)", executor.ErrQueueFull, err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// admitWaitersLocked lets callers in for which there is room now. The caller calls
// wake when it has let go of the mutex.
func (p *Pool) admitWaitersLocked() (wake func()) {
	var in []*roomWaiter
	for len(p.room) > 0 && p.hasRoomLocked() {
		w := p.room[0]
		p.room[0] = nil
		p.room = p.room[1:]
		w.admitted = true
		p.admitLocked(w.call)
		in = append(in, w)
	}
	return func() {
		for _, w := range in {
			_ = w.turn.SetResult(executor.None{})
		}
	}
}

// refuseWaitersLocked ends the wait for room.
func (p *Pool) refuseWaitersLocked() (wake func()) {
	out := p.room
	p.room = nil
	return func() {
		for _, w := range out {
			_ = w.turn.SetError(executor.ErrShutdown)
		}
	}
}
