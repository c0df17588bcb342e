package poolset

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// numbers is a pool with the statistics that a test needs.
type numbers struct{ s executor.Stats }

func (p *numbers) Stats() executor.Stats { return p.s }

func TestPoolsOfOneNameAreSums(t *testing.T) {
	a, b, c := &numbers{executor.Stats{Name: "p", Workers: 1}}, &numbers{executor.Stats{Name: "p", Workers: 3}}, &numbers{executor.Stats{Name: "q", Workers: 7}}
	a.s.Ran.Buckets[Second], b.s.Ran.Buckets[Second] = 1, 2
	var s Set[*numbers]
	require.Empty(t, s.Sums())
	s.Add(a, c)
	s.Add(b)
	sums := s.Sums()
	require.Len(t, sums, 2)
	require.Equal(t, c.s, *sums[1])
	require.Equal(t, 4, sums[0].Workers)
	require.EqualValues(t, 3, sums[0].Ran.Buckets[Second])
	require.True(t, s.Remove(b))
	require.False(t, s.Remove(b), "twice")
	require.Equal(t, []*executor.Stats{&a.s, &c.s}, s.Sums())
	require.Equal(t, 1, a.s.Workers, "a sum must not change what it is made of")
	s.Add(a)
	require.Equal(t, 2, s.Sums()[0].Workers, "one that was added twice counts twice")
}

func TestPoolsMayComeAndGoWhileTheyAreSummed(t *testing.T) {
	var s Set[*numbers]
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for range 100 {
				pool := &numbers{executor.Stats{Name: "p", Workers: 1}}
				s.Add(pool)
				if sums := s.Sums(); len(sums) != 1 || sums[0].Workers < 1 || sums[0].Workers > 2 {
					t.Errorf("%v", sums)
				}
				if !s.Remove(pool) {
					t.Error("a pool was lost")
				}
			}
		})
	}
	both.Wait()
	require.Empty(t, s.Sums())
}
