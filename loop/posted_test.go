package loop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A queue of positions that grows at one end and is eaten at the other, and the posts in it.
func TestSpansAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s spans
		at := map[uint64]uint64{} // position by number
		var number, head, tail uint64
		t.Repeat(map[string]func(*rapid.T){
			"a callback of the loop itself": func(*rapid.T) { tail++ },
			"posts": func(t *rapid.T) {
				s.forget(head)
				for range rapid.IntRange(1, 4).Draw(t, "posts") {
					if rapid.Bool().Draw(t, "timer") {
						number++ // it has a number and no position
						continue
					}
					s.add(number, tail)
					at[number] = tail
					number++
					tail++
				}
			},
			"run": func(t *rapid.T) {
				head += rapid.Uint64Range(0, tail-head).Draw(t, "entries")
			},
			"": func(t *rapid.T) {
				numbers := map[uint64]uint64{}
				for n := range number {
					pos, ok := s.position(n)
					want, is := at[n]
					// What has run may be forgotten, but for the entry that runs.
					if is && want+1 >= head {
						require.True(t, ok)
					}
					if ok {
						require.True(t, is, "%d is no callback", n)
						require.Equal(t, want, pos)
						numbers[pos] = n
					}
				}
				for pos := range tail {
					n, ok := s.number(pos)
					want, is := numbers[pos]
					require.Equal(t, is, ok)
					require.Equal(t, want, n)
				}
			},
		})
	})
}

// Each drain within a long turn may make a span of its own.
func TestManySpansAreForgottenAtLittleCost(t *testing.T) {
	var s spans
	var tail uint64
	const n = 100_000
	for number := range uint64(n) {
		s.forget(0)
		s.add(number, tail)
		tail += 2
	}
	require.Len(t, s.list, n)
	moved := 0
	for head := range tail {
		before := len(s.list)
		s.forget(head + 2)
		if len(s.list) != before {
			moved += len(s.list)
		}
	}
	require.LessOrEqual(t, moved, n, "spans moved")
	require.LessOrEqual(t, len(s.list)-s.gone, 1)
}
