// Package poolset keeps the pools whose statistics the modules promexec and otelexec export.
package poolset

import (
	"slices"
	"sync"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// Second is the number of the bucket of an [executor.Histogram] that ends at 2^30 ns,
// which is 1.07 s. Exporters, whose limits are powers of two of a second, count it as the
// one that ends at 1 s: all limits are 7 hundredths higher than they say.
const Second = 30

// A Pool is what has statistics.
type Pool interface {
	comparable
	Stats() executor.Stats
}

// A Set is a set of pools, to which one may belong several times. Its zero value is empty;
// it is safe for concurrent use.
type Set[P Pool] struct {
	mu    sync.Mutex // guards pools; no pool is called under it
	pools []P        // is never changed in place, so that Sums reads it without the mutex
}

// Add adds pools.
func (s *Set[P]) Add(pools ...P) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pools = slices.Concat(s.pools, pools)
}

// Remove takes a pool out once; it reports false if it is not there.
func (s *Set[P]) Remove(pool P) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.pools, pool)
	if i < 0 {
		return false
	}
	s.pools = slices.Concat(s.pools[:i], s.pools[i+1:])
	return true
}

// Sums asks each pool for its statistics, and returns one sum for each name, in the order
// in which the names were added.
func (s *Set[P]) Sums() []*executor.Stats {
	s.mu.Lock()
	pools := s.pools
	s.mu.Unlock()
	var sums []*executor.Stats
	for _, pool := range pools {
		one := pool.Stats()
		if i := slices.IndexFunc(sums, func(sum *executor.Stats) bool { return sum.Name == one.Name }); i >= 0 {
			sums[i].Add(&one)
		} else {
			sums = append(sums, &one)
		}
	}
	return sums
}
