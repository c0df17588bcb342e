//go:build linux

package executor_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/whose"
)

var chaosFor = flag.Duration("chaos", 2*time.Second, "how long TestChaos lasts")

// Everything goes wrong all the time, in one pool after the other: workers die,
// hang, stop and are signaled, also while they start; codecs, errors, callbacks,
// writers and loggers panic, end their goroutine or block; descriptors run out. Every
// accepted call settles, every result is right, every shutdown comes to its end,
// and nothing is left behind: the checks at the end of all tests see to that.
func TestChaos(t *testing.T) {
	var tally chaosTally
	stop := make(chan struct{})
	short := make(chan error, 1)
	go func() { short <- makeShortages(stop) }()
	begin := time.Now()
	var lanes sync.WaitGroup
	for range 3 {
		lanes.Go(func() {
			for time.Since(begin) < *chaosFor && !t.Failed() {
				runChaos(t, &tally)
			}
		})
	}
	lanes.Wait()
	close(stop)
	require.NoError(t, <-short)
	t.Logf("%d pools; %d calls: %d completed, %d failed, %d canceled; unsettled %d, hung shutdowns %d",
		tally.pools.Load(), tally.calls.Load(), tally.completed.Load(), tally.failed.Load(), tally.canceled.Load(), tally.unsettled.Load(), tally.hung.Load())
}

type chaosTally struct{ pools, calls, completed, failed, canceled, unsettled, hung atomic.Int64 }

// A chaosRun is one pool of the chaos.
type chaosRun struct {
	*chaosPlan
	t     *testing.T
	tally *chaosTally
	pool  *executor.ProcessPool
	seed  uint64
	rnd   *rand.Rand
	lane  int64 // the goroutine of this run
	calls []*chaosCall
}

// A chaosCall is a call that was accepted.
type chaosCall struct {
	isDone func() bool
	check  func() error // what is wrong with the outcome, once there is one
	await  func(context.Context)
}

// runChaos makes a pool, uses it and ends it.
func runChaos(t *testing.T, tally *chaosTally) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	r := &chaosRun{chaosPlan: plan(rnd), t: t, tally: tally, seed: seed, rnd: rnd, lane: whose.ID()}
	defer r.release()
	pool, err := executor.NewProcessPool(r.cfg)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	r.pool = pool
	tally.pools.Add(1)
	stop, quietAgain := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quietAgain)
		troubleWorkers(pool, r.mild, stop)
	}()
	if rnd.IntN(2) == 0 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(10))*time.Millisecond)
		_ = pool.Ready(ctx) // it may well not be
		cancel()
	}
	r.use()
	if r.end <= endsAfterAwait {
		close(stop) // what was accepted is finished, and that must come to an end
		<-quietAgain
	} else {
		defer func() { close(stop); <-quietAgain }()
	}
	r.finish()
	r.verify()
}

// use submits calls, in bursts.
func (r *chaosRun) use() {
	for n, begin := 0, time.Now(); n < r.chaosPlan.calls && time.Since(begin) < 5*time.Second; n++ {
		err := r.submit(n)
		switch {
		case err == nil:
		case errors.Is(err, executor.ErrQueueFull), errors.Is(err, context.DeadlineExceeded):
			// MaxPending, or its deadline has passed already.
		case r.mayBreak && errors.As(err, new(*executor.BrokenPoolError)):
			return
		default:
			r.wrong("Submit: %v", err)
			return
		}
		if r.rnd.IntN(r.burst) == 0 && len(r.calls) > 0 {
			ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
			r.calls[r.rnd.IntN(len(r.calls))].await(ctx)
			cancel()
		}
		if r.rnd.IntN(2000) == 0 {
			_ = r.pool.Resize(1 + r.rnd.IntN(4))
		}
	}
}

// submit submits one call, of a random kind.
func (r *chaosRun) submit(n int) error {
	ctx, cancel := context.Context(r.t.Context()), context.CancelFunc(func() {})
	timed := false
	switch r.rnd.IntN(50) {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.rnd.IntN(20))*time.Millisecond)
		timed = true
	case 1:
		ctx, cancel = context.WithDeadline(ctx, time.Date(2300+r.rnd.IntN(6000), 1, 1, 0, 0, 0, 0, time.UTC))
	case 2:
		var because context.CancelCauseFunc
		ctx, because = context.WithCancelCause(ctx)
		cancel = func() { because(nosyCause{r.pool}) }
	}
	if r.rnd.IntN(60) == 0 {
		how := []int{0, evilInArgument, evilInResult, evilInParent, evilInError}[r.rnd.IntN(5)]
		if r.rnd.IntN(2) == 0 && how != 0 {
			how |= evilPanics
		}
		return launch(ctx, r, cancel, wicked.Bind(evilValue{how}), timed, how, 0, func(evilResult) bool { return how == 0 })
	}
	a := chaosArg{N: n}
	switch k := r.rnd.IntN(400); {
	case r.misdeed > 0 && r.rnd.IntN(r.misdeed) == 0:
		a.Deed = r.rnd.IntN(misdeeds)
	case k == 0:
		a.Bytes = append(make([]byte, r.rnd.IntN(3<<20)), byte(n))
	case k < 8:
		a.Deed = []int{napsShortly, failsDeeply, failsInCircles, callsGoexit}[k%4]
	case timed && k < 100:
		a.Deed = waitsForCancel
	}
	return launch(ctx, r, cancel, chaos.Bind(a), timed, 0, a.Deed, func(got chaosResult) bool {
		return got.N == n && slices.Equal(got.Bytes, a.Bytes)
	})
}

// launch submits call and notes what may become of it.
func launch[R any](ctx context.Context, r *chaosRun, cancel context.CancelFunc, call executor.Call[R], timed bool, how, deed int, right func(R) bool) error {
	submit := executor.Submit[R]
	if r.rnd.IntN(4) == 0 && r.cfg.MaxPending > 0 {
		submit = executor.TrySubmit[R]
	}
	f, err := submit(ctx, r.pool, call.WithPriority(r.rnd.IntN(3)))
	if err != nil {
		cancel()
		return err
	}
	canceled := false
	switch r.rnd.IntN(100) {
	case 0:
		canceled = true
		f.Cancel()
	case 1:
		f.OnDone(func() {
			if whose.ID() != r.lane { // which settles what it cancels
				runtime.Goexit()
			}
		})
	case 2:
		f.OnDone(func() { r.pool.Stats() })
	}
	if ctx != r.t.Context() && !timed {
		if r.rnd.IntN(2) == 0 {
			canceled = true
			cancel()
		} else {
			f.OnDone(cancel)
		}
	} else if timed {
		f.OnDone(cancel)
	}
	r.calls = append(r.calls, &chaosCall{
		isDone: f.IsDone,
		await:  func(ctx context.Context) { _, _ = f.Await(ctx) },
		check: func() error {
			v, err := f.Result()
			if err == nil {
				if !right(v) {
					return errors.New("a wrong result")
				}
				return nil
			}
			return r.allowed(err, canceled, timed, how, deed)
		},
	})
	return nil
}

// A nosyCause looks at the pool when it is asked for its text.
type nosyCause struct{ pool *executor.ProcessPool }

func (c nosyCause) Error() string {
	c.pool.Stats()
	return "a cause that looks at the pool"
}

// allowed returns err, what a call ended with, unless it was to be expected.
func (r *chaosRun) allowed(err error, canceled, timed bool, how, deed int) error {
	var crash *executor.CrashError
	var panicked *future.PanicError
	switch {
	case errors.As(err, &crash): // also in what says that the pool broke, or a call is poisonous
		if !r.mild || r.mayStop {
			return nil
		}
	case errors.As(err, &panicked):
		if how != 0 || deed == callsGoexit {
			return nil
		}
	case errors.Is(err, context.DeadlineExceeded):
		if timed && !errors.Is(err, context.Canceled) || r.cfg.Timeout > 0 {
			return nil
		}
	case future.IsCanceled(err):
		if canceled || r.mayStop || r.end == endsByDropping {
			return nil
		}
	case errors.Is(err, errChaos):
		if deed == failsDeeply || deed == failsInCircles {
			return nil
		}
	case errors.As(err, new(*executor.BrokenPoolError)), errors.As(err, new(*executor.InitError)):
		if r.mayBreak {
			return nil
		}
	case how != 0: // the text of an evil error, or that it has none
		return nil
	}
	return err
}

// finish ends the pool, which must not take longer than 10 s.
func (r *chaosRun) finish() {
	switch r.end {
	case endsAfterAwait:
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		for _, c := range r.calls {
			c.await(ctx)
		}
		cancel()
	case endsByDropping:
		r.pool.CancelPending()
	case endsByTerminating:
		r.pool.Terminate()
	case endsByKilling:
		r.pool.Kill()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.pool.Shutdown(ctx); err != nil {
		r.tally.hung.Add(1)
		r.wrong("Shutdown: %v; %+v", err, r.pool.Stats())
	}
}

// verify looks at what became of the calls.
func (r *chaosRun) verify() {
	for i, c := range r.calls {
		if !c.isDone() {
			r.tally.unsettled.Add(1)
			r.wrong("call %d has no outcome", i)
			continue
		}
		if err := c.check(); err != nil {
			r.wrong("call %d: %v", i, err)
		}
	}
	s := r.pool.Stats()
	r.tally.calls.Add(int64(len(r.calls)))
	r.tally.completed.Add(int64(s.Completed))
	r.tally.failed.Add(int64(s.Failed))
	r.tally.canceled.Add(int64(s.Canceled))
	if ended := s.Completed + s.Failed + s.Canceled; ended != uint64(len(r.calls)) || s.Running+s.Queued != 0 {
		r.wrong("%d calls were accepted, and the pool counts %+v", len(r.calls), s)
	}
}

func (r *chaosRun) wrong(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("seed %d, %s: "+format, append([]any{r.seed, r.chaosPlan}, args...)...)
}
