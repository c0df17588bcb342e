package loop

import (
	"context"
	"errors"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/future"
)

// A Race is what became of a [StaggeredRace].
type Race[T any] struct {
	Value T       // what the winner returned
	Index int     // which function won; -1 if none did
	Errs  []error // of each function that was started, in their order; nil for the winner
}

// StaggeredRace starts the functions one after the other as tasks and returns the
// outcome of the first that succeeds; the others are canceled then and waited
// for. The next one starts when the one before has failed, or after delay; zero
// and a negative delay mean only when it has failed.
//
// If every function failed, the error is all of theirs, joined, and Index is -1; so it
// is without functions. Outside a task the error is [ErrNoTask], and the cancellation
// if the calling task is canceled, which cancels every function.
//
// It stands for asyncio.staggered.staggered_race, the heart of "happy eyeballs".
func StaggeredRace[T any](ctx context.Context, delay time.Duration, fns ...func(context.Context) (T, error)) (Race[T], error) {
	r := Race[T]{Index: -1}
	err := WithTaskGroup(ctx, func(ctx context.Context, g *TaskGroup) error {
		for i, fn := range fns {
			failed := future.NewOn[None](g.scope.ctx.t.l)
			r.Errs = append(r.Errs, nil)
			g.Go(func(ctx context.Context) error {
				v, err := fn(ctx)
				switch {
				case err != nil:
					r.Errs[i] = err
					_ = failed.SetResult(None{}) // refused if the wait is over
				case r.Index < 0:
					r.Value, r.Index = v, i
					g.Cancel()
				}
				return nil
			})
			if err := awaitFailure(ctx, failed.Future(), delay); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return r, err
	case r.Index >= 0:
		return r, nil
	case len(fns) == 0:
		return r, errNoContestants
	}
	return r, errors.Join(r.Errs...)
}

var errNoContestants = errors.New("loop: StaggeredRace: there are no functions")

func awaitFailure(ctx context.Context, failed *future.Future[None], delay time.Duration) error {
	if delay <= 0 {
		_, err := failed.Await(ctx)
		return err
	}
	_, err := future.WaitFor(ctx, failed, delay)
	if errors.Is(err, ErrTimeout) {
		return nil
	}
	return err
}
