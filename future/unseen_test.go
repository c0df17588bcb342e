package future_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/future"
	"github.com/seed-1b9fde7b/asyncgo/internal/bridge"
)

// A reporter is a home that collects the errors that were never looked at.
type reporter struct {
	queue
	mu       sync.Mutex
	noted    []*bridge.Unseen
	reported chan *bridge.Unseen
}

func newReporter() *reporter { return &reporter{reported: make(chan *bridge.Unseen, 10)} }

func (r *reporter) CallLater(time.Duration, func()) (cancel func()) { panic("not called") }

func (r *reporter) NoteUnseen(u *bridge.Unseen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noted = append(r.noted, u)
}

func (r *reporter) Turn() (now, first uint64) { return 0, 0 }

func (r *reporter) ReportUnseen(u *bridge.Unseen) { r.reported <- u }

// unseen returns the errors that were not looked at yet.
func (r *reporter) unseen() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, u := range r.noted {
		if !u.Seen() {
			err, ok := u.Take()
			if ok {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

func TestErrorsThatNobodyLooksAtAreNoted(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(p *future.Promise[int])
		want []error
	}{
		"a pending future that is dropped": {func(*future.Promise[int]) {}, nil},
		"a cancellation":                   {func(p *future.Promise[int]) { p.Future().Cancel() }, nil},
		"a result nobody takes":            {func(p *future.Promise[int]) { _ = p.SetResult(1) }, nil},
		"a result somebody takes": {func(p *future.Promise[int]) {
			_ = p.SetResult(1)
			_, _ = p.Future().Result()
		}, nil},
		"an error nobody takes": {func(p *future.Promise[int]) { _ = p.SetError(errBoom) }, []error{errBoom}},
		"an error asked for": {func(p *future.Promise[int]) {
			_ = p.SetError(errBoom)
			_ = p.Future().Err()
		}, nil},
		"an error returned by Result": {func(p *future.Promise[int]) {
			_ = p.SetError(errBoom)
			_, _ = p.Future().Result()
		}, nil},
		"an error awaited": {func(p *future.Promise[int]) {
			_ = p.SetError(errBoom)
			_, _ = p.Future().Await(context.Background())
		}, nil},
		"an error of which only the state was asked": {func(p *future.Promise[int]) {
			_ = p.SetError(errBoom)
			_ = p.Future().IsDone()
			_ = p.Future().String()
		}, []error{errBoom}},
	} {
		t.Run(name, func(t *testing.T) {
			home := newReporter()
			p := future.NewOn[int](home)
			c.do(p)
			require.Equal(t, c.want, home.unseen())
			require.Empty(t, home.unseen(), "an error is told once")
			runtime.KeepAlive(p)
		})
	}
}

func TestAnErrorIsReportedWhenTheFutureIsOutOfReach(t *testing.T) {
	home := newReporter()
	func() {
		_ = future.NewOn[int](home).SetError(errBoom)
		seen := future.NewOn[int](home)
		_ = seen.SetError(errBoom)
		_ = seen.Future().Err()
	}()
	for {
		runtime.GC()
		select {
		case u := <-home.reported:
			err, ok := u.Take()
			require.True(t, ok)
			require.Same(t, errBoom, err)
			_, again := u.Take()
			require.False(t, again)
			require.Empty(t, home.unseen())
			return
		default:
			runtime.Gosched()
		}
	}
}

func TestAFreeFuturesErrorIsNobodysConcern(t *testing.T) {
	p := future.New[int]()
	require.NoError(t, p.SetError(errBoom)) // there is no handler that could be told
	require.Same(t, errBoom, p.Future().Err())
}
