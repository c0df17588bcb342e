package executor_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/future"
)

// inline is a loop as far as a future needs one.
type inline struct{}

func (inline) Post(fn func()) error { fn(); return nil }

// modelJob is a job and what the naive reference says of it.
type modelJob struct {
	f     *future.Future[int]
	j     *executor.Job
	end   context.CancelFunc
	bound bool

	state    future.State
	started  bool
	over     bool // run, failed or called off
	asked    bool
	ended    bool // its context
	callback int
	called   <-chan struct{} // by the callback
}

// TestTheLifeOfAJobIsThatOfANaiveReference moves jobs at random.
func TestTheLifeOfAJobIsThatOfANaiveReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var jobs []*modelJob
		var m manual
		settle := func(j *modelJob, s future.State) {
			if j.state < future.StateFinished {
				j.state = s
			}
		}
		outcomes := map[string]error{"value": nil, "error": errTest, "canceled": context.Canceled}
		pick := func(t *rapid.T) *modelJob {
			if len(jobs) == 0 {
				t.Skip("no job yet")
			}
			return jobs[rapid.IntRange(0, len(jobs)-1).Draw(t, "job")]
		}
		end := func(j *modelJob, how string) {
			j.over = true
			if how == "canceled" && (j.asked || j.ended) {
				settle(j, future.StateCanceled)
			} else {
				settle(j, future.StateFinished)
			}
		}
		how := rapid.SampledFrom([]string{"value", "error", "canceled"})
		t.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) {
				ctx, cancel := context.WithCancel(context.Background())
				j := &modelJob{end: cancel, bound: rapid.Bool().Draw(t, "bound")}
				var home future.Poster
				if j.bound {
					home = inline{}
				}
				outcome := how.Draw(t, "outcome of Run")
				f, err := executor.SubmitTo(ctx, home, &m, executor.Func(func(context.Context) (int, error) { return 1, outcomes[outcome] }).Named(outcome))
				if err != nil {
					t.Fatal(err)
				}
				j.f, j.j = f, m.jobs[len(m.jobs)-1]
				called := make(chan struct{}, 1)
				j.called = called
				f.OnDone(func() {
					j.callback++
					select {
					case called <- struct{}{}:
					default:
					}
				})
				jobs = append(jobs, j)
			},
			"start": func(t *rapid.T) {
				j := pick(t)
				want := !j.started && !j.over
				if got := j.j.Start(); got != want {
					t.Fatalf("Start says %v", got)
				}
				if want {
					j.started = true
					j.state = future.StateRunning
				}
			},
			"run": func(t *rapid.T) {
				j := pick(t)
				j.j.Run(nil)
				if j.started && !j.over {
					end(j, j.j.Name())
				}
			},
			"fail": func(t *rapid.T) {
				j := pick(t)
				how := rapid.SampledFrom([]string{"error", "canceled"}).Draw(t, "how")
				j.j.Fail(outcomes[how])
				if !j.over {
					end(j, how)
				}
			},
			"cancel": func(t *rapid.T) {
				j := pick(t)
				want := j.state == future.StatePending ||
					j.state == future.StateRunning && j.bound ||
					j.state == future.StateCanceled && !j.bound // concurrent.futures grants it again
				if got := j.f.Cancel(); got != want {
					t.Fatalf("Cancel says %v in state %v", got, j.state)
				}
				switch {
				case j.state >= future.StateFinished:
				case !j.started:
					j.over = true
					settle(j, future.StateCanceled)
				default:
					j.asked = true
					if j.bound {
						settle(j, future.StateCanceled)
					}
				}
			},
			"end of context": func(t *rapid.T) {
				j := pick(t)
				j.end()
				j.ended = true
				if !j.started && !j.over {
					<-j.called // a queued job is called off, in a goroutine of its own
					j.over = true
					settle(j, future.StateCanceled)
				}
			},
			"": func(t *rapid.T) {
				for i, j := range jobs {
					if s := j.f.State(); s != j.state {
						t.Fatalf("job %d is %v, want %v", i, s, j.state)
					}
					calls := 0
					if j.state >= future.StateFinished {
						calls = 1
					}
					if j.callback != calls {
						t.Fatalf("job %d: %d callbacks", i, j.callback)
					}
					if over := j.j.Context().Err() != nil; over != (j.over || j.asked || j.ended) {
						t.Fatalf("job %d: its context has ended: %v", i, over)
					}
				}
			},
		})
		for _, j := range jobs {
			j.end()
		}
	})
}

// poolModel is the naive reference of a ThreadPool whose jobs run until they are
// told to end: a list, and which of them run.
type poolModel struct {
	limit   int
	running []*poolJob
	queue   []*poolJob
	closed  bool
}

type poolJob struct {
	f    *future.Future[int]
	gate chan struct{}
}

func (m *poolModel) fill() {
	for len(m.queue) > 0 && len(m.running) < m.limit {
		m.running = append(m.running, m.queue[0])
		m.queue = m.queue[1:]
	}
}

func without(jobs []*poolJob, i int) []*poolJob { return append(jobs[:i:i], jobs[i+1:]...) }

// TestAThreadPoolBehavesLikeANaiveReference submits, ends, cancels, resizes and
// shuts down at random and compares what runs and what waits.
func TestAThreadPoolBehavesLikeANaiveReference(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The wrapper hides that t has a deadline, which a bubble may not ask for.
		rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) {
			m := &poolModel{limit: rapid.IntRange(1, 4).Draw(rt, "workers")}
			p, err := executor.NewThreadPool(executor.ThreadConfig{Workers: m.limit})
			require.NoError(rt, err)
			pick := func(rt *rapid.T, jobs []*poolJob) int {
				if len(jobs) == 0 {
					rt.Skip("none")
				}
				return rapid.IntRange(0, len(jobs)-1).Draw(rt, "job")
			}
			rt.Repeat(map[string]func(*rapid.T){
				"submit": func(rt *rapid.T) {
					j := &poolJob{gate: make(chan struct{})}
					f, err := executor.Submit(context.Background(), p, executor.Func(func(context.Context) (int, error) { <-j.gate; return 1, nil }))
					if m.closed {
						require.ErrorIs(rt, err, executor.ErrShutdown)
						return
					}
					require.NoError(rt, err)
					j.f = f
					m.queue = append(m.queue, j)
				},
				"end": func(rt *rapid.T) {
					i := pick(rt, m.running)
					j := m.running[i]
					close(j.gate)
					m.running = without(m.running, i)
					synctest.Wait()
					require.Equal(rt, future.StateFinished, j.f.State())
				},
				"cancel queued": func(rt *rapid.T) {
					i := pick(rt, m.queue)
					require.True(rt, m.queue[i].f.Cancel())
					m.queue = without(m.queue, i)
				},
				"cancel running": func(rt *rapid.T) {
					require.False(rt, m.running[pick(rt, m.running)].f.Cancel())
				},
				"resize": func(rt *rapid.T) {
					m.limit = rapid.IntRange(1, 4).Draw(rt, "workers")
					require.NoError(rt, p.Resize(m.limit))
				},
				"begin shutdown": func(*rapid.T) {
					ended, cancel := context.WithCancel(context.Background())
					cancel()
					_ = p.Shutdown(ended)
					m.closed = true
				},
				"": func(rt *rapid.T) {
					m.fill()
					synctest.Wait()
					s := p.Stats()
					require.Equal(rt, len(m.queue), s.Queued)
					require.Equal(rt, len(m.running), s.Running)
					for _, j := range m.queue {
						require.Equal(rt, future.StatePending, j.f.State())
					}
					for _, j := range m.running {
						require.Equal(rt, future.StateRunning, j.f.State())
					}
				},
			})
			for len(m.running) > 0 {
				for _, j := range m.running {
					close(j.gate)
				}
				m.running = nil
				m.fill()
			}
			require.NoError(rt, p.Shutdown(context.Background()))
			require.Zero(rt, p.Stats().Workers)
		})
	})
}
