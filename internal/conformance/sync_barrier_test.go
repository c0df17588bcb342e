package conformance_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/loop"
	"github.com/seed-1b9fde7b/asyncgo/loop/syncs"
)

var _ = syncPort("11-barrier", func(s *syncScene) {
	barrier := syncs.NewBarrier(3)
	party := func(name string, rounds int) *loop.Task[executor.None] {
		return s.spawn(func(ctx context.Context) error {
			for r := range rounds {
				s.add("%s%d-arrives", name, r)
				index, err := barrier.Wait(ctx)
				if err != nil {
					return err
				}
				s.add("%s%d-leaves-%d", name, r, index)
			}
			return nil
		})
	}
	leaves := func() []string {
		left := slices.DeleteFunc(slices.Clone(s.trace), func(word string) bool { return !strings.Contains(word, "leaves") })
		slices.Sort(left)
		return left
	}
	a, b := party("a", 1), party("b", 1)
	s.sleep(20 * syncUnit)
	s.Print("parties:", barrier.Parties(), "/ waiting:", barrier.NWaiting(), "/ broken:", yes(barrier.Broken()))
	s.gather(a, b, party("c", 1))
	s.Print("trace:", s.told())
	s.Print("waiting:", barrier.NWaiting())

	s.trace = nil
	tasks := []*loop.Task[executor.None]{party("p", 1), party("q", 1), party("r", 1), party("surplus", 1)}
	s.sleep(20 * syncUnit)
	s.Print("four for three, left:", strings.Join(leaves(), " "))
	s.Print("waiting:", barrier.NWaiting(), "/ surplus done:", yes(tasks[3].IsDone()))
	s.gather(append(tasks, party("s", 1), party("t", 1))...)
	s.Print("next round, left:", strings.Join(leaves()[3:], " "))

	s.trace = nil
	s.gather(party("x", 3), party("y", 3), party("z", 3))
	for r := range 3 {
		var indexes []string
		for _, word := range s.trace {
			if strings.Contains(word, strconv.Itoa(r)+"-leaves") {
				indexes = append(indexes, word[len(word)-1:])
			}
		}
		slices.Sort(indexes)
		s.Printf("round %d indexes: %s", r, strings.Join(indexes, " "))
	}
	single := syncs.NewBarrier(1)
	first, err := single.Wait(s.ctx)
	s.must(err)
	second, err := single.Wait(s.ctx)
	s.must(err)
	s.Print("barrier of one:", first, second)
	if errors.Is(panicOf(func() { syncs.NewBarrier(0) }), syncs.ErrNoParties) {
		s.Print("no parties: value-error")
	}
})
