package executor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

func init() { sight.SetPools(lookAtPools) }

// lookAtPools returns what can be seen of the pools that are open.
func lookAtPools() []sight.Pool {
	pools.mu.Lock()
	open := slices.Collect(maps.Keys(pools.open))
	pools.mu.Unlock()
	list := make([]sight.Pool, 0, len(open))
	for _, p := range open {
		list = append(list, p.look())
	}
	slices.SortFunc(list, func(a, b sight.Pool) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind)) })
	return list
}

// look shows an executor of another package: its type, and its Stats if it has them.
func (p trackedPool) look() sight.Pool {
	kind := fmt.Sprintf("%T", p.Executor)
	s, ok := p.Executor.(interface{ Stats() Stats })
	if !ok {
		return sight.Pool{Name: kind, Kind: kind}
	}
	stats := s.Stats()
	seen := stats.look()
	seen.Kind = kind
	return seen
}

// look returns what the Stats have in common with what is shown.
func (s *Stats) look() sight.Pool {
	return sight.Pool{
		Name: s.Name, MaxWorkers: s.MaxWorkers,
		Idle: s.Idle, Waiting: s.Waiting, Running: s.Running, Queued: s.Queued, WaitingFor: s.WaitingFor,
		Completed: s.Completed, Failed: s.Failed, Canceled: s.Canceled,
		Waited: s.Waited.look(), Ran: s.Ran.look(),
	}
}

func (h *Histogram) look() sight.Histogram {
	n := len(h.Buckets)
	for n > 0 && h.Buckets[n-1] == 0 {
		n--
	}
	return sight.Histogram{Buckets: slices.Clone(h.Buckets[:n]), Sum: h.Sum}
}

func (p poolPhase) String() string {
	switch p {
	case poolOpen:
		return "open"
	case poolClosing:
		return "closing"
	default:
		return "broken"
	}
}

// maxLastErrors is how many errors a pool remembers.
const maxLastErrors = 8

// lastErrors are the errors that calls and workers ended with. They keep the errors
// themselves: what Error says is asked for when it is looked at, by foreign code, and not
// whenever a call fails.
type lastErrors struct {
	mu   sync.Mutex
	list [maxLastErrors]lastError // guarded by mu; a ring
	n    int                      // guarded by mu
}

type lastError struct {
	when time.Time
	what string
	err  error
}

// remember notes the error with which a job ends. A job without a pool has no meter.
func (m *meter) remember(j *Job, err error) {
	if m != nil {
		m.errors.add(j.Name(), err)
	}
}

func (l *lastErrors) add(what string, err error) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list[l.n%maxLastErrors] = lastError{now, what, err}
	l.n++
}

// look returns the errors, the newest first.
func (l *lastErrors) look() []sight.Error {
	l.mu.Lock()
	var list []lastError
	for i := l.n - 1; i >= max(0, l.n-maxLastErrors); i-- {
		list = append(list, l.list[i%maxLastErrors])
	}
	l.mu.Unlock()
	seen := make([]sight.Error, len(list))
	for i, e := range list {
		seen[i] = sight.Error{When: e.when, What: e.what, Text: message(e.err)}
	}
	return seen
}
