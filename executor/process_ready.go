package executor

import (
	"context"

	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

// Ready starts all of the pool's workers and returns when every one of them has run
// its initializer, so that the first calls find them waiting. If ctx ends first it
// returns its cause, and the workers come up all the same. On a pool that is shut
// down it returns [ErrShutdown], on a broken one a [*BrokenPoolError] with the
// reason, such as an [*InitError]. In a task it suspends the task, in a bare
// callback on a loop's goroutine it starts nothing and returns future.ErrWouldBlock.
// When all are up it returns at once.
func (p *ProcessPool) Ready(ctx context.Context) error {
	return whose.Block(ctx, func(ctx context.Context) error {
		for {
			changed, err := p.comeUp()
			if changed == nil {
				return err
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
}

// comeUp starts the workers that are missing. Unless all are ready it returns a
// channel that is closed when something has changed.
func (p *ProcessPool) comeUp() (changed <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.refusalLocked(); err != nil {
		return nil, err
	}
	for len(p.workers) < p.cfg.Workers {
		if !p.startLocked() {
			break // growLater announces the next attempt
		}
	}
	ready := 0
	for _, w := range p.workers {
		if w.state == workerReady {
			ready++
		}
	}
	if ready >= p.cfg.Workers {
		return nil, nil
	}
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed, nil
}

// announceLocked tells those who wait for the pool to be ready.
func (p *ProcessPool) announceLocked() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// context is for log records, which belong to no call.
func (p *ProcessPool) context() context.Context { return context.Background() }
